import Crypto
package import Journal
package import Serving

/// The files of a version in a fixed order, checked, with the digest that stands for all of them.
package struct Manifest: Sendable, Hashable {
    package static let maximumFiles = 4096
    /// In UTF-8 bytes, of a whole path and of each name in it.
    package static let maximumPathLength = 1024
    package static let maximumComponentLength = 255

    /// Sorted by the bytes of their paths.
    package let files: [ArtifactReference.File]
    /// Bytes of all files together.
    package let totalSize: Int
    /// SHA-256 over `slipway-manifest-1`, then for each file its digest, size and path, one line each.
    package let digest: String

    /// Sorts the files. Throws `invalid` for none or too many of them, a path or digest that `checkPath` or
    /// `checkDigest` refuses, a negative size or an overflowing sum, a path twice, and a file that is also a folder.
    package init(_ files: [ArtifactReference.File]) throws(ControlError) {
        guard !files.isEmpty else {
            throw ControlError(.invalid, "a version needs at least one file", field: "files")
        }
        guard files.count <= Self.maximumFiles else {
            throw ControlError(
                .invalid, "a version has at most \(Self.maximumFiles) files, not \(files.count)", field: "files")
        }
        var total = 0
        for file in files {
            try Self.checkPath(file.path)
            try Self.checkDigest(file.sha256, field: "files")
            let (sum, overflow) = total.addingReportingOverflow(file.size)
            guard file.size >= 0, !overflow else {
                throw ControlError(
                    .invalid, "file '\(file.path)' has an impossible size: \(file.size)", field: "files")
            }
            total = sum
        }
        let sorted = files.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
        try Self.checkDistinct(sorted)
        self.files = sorted
        totalSize = total
        digest = Self.digest(of: sorted)
    }

    /// Throws `invalid` on `field` unless `sha256` is 64 lower-case hexadecimal digits.
    package static func checkDigest(_ sha256: String, field: String) throws(ControlError) {
        guard isDigest(sha256) else {
            throw ControlError(
                .invalid, "'\(Name.excerpt(of: sha256, limit: 70))' is not a SHA-256", field: field,
                hint: "64 lower-case hexadecimal digits")
        }
    }

    /// Whether `text` is 64 lower-case hexadecimal digits.
    package static func isDigest(_ text: String) -> Bool {
        text.utf8.count == 64
            && text.utf8.allSatisfy {
                ($0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9"))
                    || ($0 >= UInt8(ascii: "a") && $0 <= UInt8(ascii: "f"))
            }
    }

    /// Refuses every path that could mean something outside the version's own folder, or mean it differently elsewhere.
    package static func checkPath(_ path: String) throws(ControlError) {
        func refuse(_ why: String) -> ControlError {
            ControlError(
                .invalid, "file path '\(Name.excerpt(of: path))' \(why)", field: "files",
                hint: "paths are relative, with '/' between names, and stay inside the version")
        }
        guard !path.isEmpty else { throw refuse("is empty") }
        guard path.utf8.count <= maximumPathLength else { throw refuse("is longer than \(maximumPathLength) bytes") }
        guard path.utf8.first != UInt8(ascii: "/") else { throw refuse("is absolute") }
        for byte in path.utf8 where byte < 0x20 || byte == 0x7F || byte == UInt8(ascii: "\\") {
            throw refuse("has a control character or a backslash")
        }
        for component in path.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false) {
            if component.isEmpty { throw refuse("has an empty part") }
            if component.elementsEqual(".".utf8) || component.elementsEqual("..".utf8) {
                throw refuse("has a part '.' or '..'")
            }
            if component.count > maximumComponentLength {
                throw refuse("has a part longer than \(maximumComponentLength) bytes")
            }
        }
    }

    /// Neither the same path twice, nor a file where another file needs a folder.
    private static func checkDistinct(_ sorted: [ArtifactReference.File]) throws(ControlError) {
        var paths: Set<String> = []
        for file in sorted where !paths.insert(file.path).inserted {
            throw ControlError(.invalid, "file '\(file.path)' is listed twice", field: "files")
        }
        for file in sorted {
            for (index, byte) in zip(file.path.utf8.indices, file.path.utf8) where byte == UInt8(ascii: "/") {
                let folder = String(file.path[..<index])
                if paths.contains(folder) {
                    throw ControlError(
                        .invalid, "'\(folder)' is listed as a file and as the folder of '\(file.path)'", field: "files")
                }
            }
        }
    }

    private static func digest(of sorted: [ArtifactReference.File]) -> String {
        var hasher = SHA256()
        hasher.update(data: Array("slipway-manifest-1\n".utf8))
        for file in sorted {
            hasher.update(data: Array("\(file.sha256) \(file.size) \(file.path)\n".utf8))
        }
        return hasher.finalize().hexadecimal
    }
}
