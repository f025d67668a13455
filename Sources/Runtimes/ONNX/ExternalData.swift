import Glibc

/// What a tensor says about where its elements are, when they are not in the model file.
struct ExternalData: Sendable {
    let tensor: String
    /// `location`, `offset`, `length`, `checksum` and the like, as the file has them.
    let entries: [(key: String, value: String)]

    func values(_ key: String) -> [String] { entries.filter { $0.key == key }.map(\.value) }
}

/// A version's folder, out of which no file may lead.
///
/// Hard links cannot be told from files here: laid-out artifacts are links to stored blobs themselves. They matter only
/// where a folder is read to be pushed, and the client that reads it has only its user's rights.
struct ArtifactFiles {
    let directory: String

    /// Checks every location that the file names, and gives the files, relative to the artifact's folder.
    func check(_ external: [ExternalData], of modelFile: String) throws(ModelLoadError) -> [String] {
        let folder = modelFile.split(separator: "/").dropLast()
        var files: [String] = []
        var sizes: [String: Int] = [:]
        for data in external {
            let speaker = "tensor '\(data.tensor)' of \(modelFile)"
            let locations = data.values("location")
            guard !locations.isEmpty else {
                throw ModelLoadError(.invalidModel, "\(speaker) has external data without a location")
            }
            for location in locations {
                try refuseUnlessRelative(location, saidBy: speaker)
                let path = (folder + location.split(separator: "/").filter { $0 != "." }).joined(separator: "/")
                let size: Int
                if let known = sizes[path] {
                    size = known
                } else {
                    size = try refuseUnlessInside(path, saidBy: speaker)
                    sizes[path] = size
                    files.append(path)
                }
                try refuseUnlessWithin(size, data, path: path, saidBy: speaker)
            }
        }
        return files
    }

    private func refuseUnlessRelative(_ location: String, saidBy speaker: String) throws(ModelLoadError) {
        let parts = location.split(separator: "/", omittingEmptySubsequences: false)
        let shown = String(location.prefix(200)).debugDescription
        // U+FFFD stands where the bytes were no UTF-8: then our name for the file would not be the library's.
        guard !location.contains("\0"), !location.contains("\u{fffd}"), location.hasPrefix("/") || !parts.contains("")
        else {
            throw ModelLoadError(.invalidModel, "\(speaker) names an external file that cannot be: \(shown)")
        }
        guard !location.hasPrefix("/"), !parts.contains("..") else {
            throw ModelLoadError(
                .invalidModel,
                "\(speaker) points outside the model's folder, at \(shown); external data must lie beside the model "
                    + "(onnx.save_model(..., save_as_external_data=True, location=\"weights.bin\") writes it so)")
        }
    }

    /// The size of a file that lies in the folder, through no link.
    @discardableResult
    func refuseUnlessInside(_ path: String, saidBy speaker: String) throws(ModelLoadError) -> Int {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        guard !path.isEmpty, !path.contains("\0"), !parts.contains(".."), !parts.contains("") else {
            throw ModelLoadError(
                .invalidModel, "\(speaker) names a file outside the model's folder: \(path.debugDescription)")
        }
        var current = directory
        for (index, part) in parts.enumerated() {
            current += "/\(part)"
            var status = stat()
            guard lstat(current, &status) == 0 else {
                throw ModelLoadError(
                    .fileMissing,
                    "\(speaker) needs \(path), which is not among the version's files; push the folder that holds both")
            }
            switch status.st_mode & S_IFMT {
            case S_IFREG where index == parts.count - 1: return Int(status.st_size)
            case S_IFDIR where index < parts.count - 1: continue
            case S_IFLNK:
                throw ModelLoadError(
                    .invalidModel, "\(speaker) names \(path), which is a symbolic link; put the file itself there")
            default: throw ModelLoadError(.invalidModel, "\(speaker) names \(path), which is not a file")
            }
        }
        throw ModelLoadError(.invalidModel, "\(speaker) names \(path), which is not a file")
    }

    /// Checks that what the tensor claims lies within the external file.
    private func refuseUnlessWithin(
        _ size: Int, _ data: ExternalData, path: String, saidBy speaker: String
    ) throws(ModelLoadError) {
        var end = 0
        for key in ["offset", "length"] {
            for value in data.values(key) {
                guard let number = Int(value), number >= 0 else {
                    throw ModelLoadError(
                        .invalidModel, "\(speaker) has an \(key) into \(path) that is not a number: \(value.prefix(40))"
                    )
                }
                let (sum, overflow) = end.addingReportingOverflow(number)
                end = overflow ? Int.max : sum
            }
        }
        guard end <= size else {
            throw ModelLoadError(
                .invalidModel,
                "\(speaker) reads up to byte \(end) of \(path), which has \(size): the file is cut short or another one"
            )
        }
    }
}
