import Foundation
package import Journal

/// A folder that a commit was checked out into, looked through before any program sees it.
package struct Checkout: Sendable {
    /// Without symbolic links in it.
    package let root: String
    package let files: Int
    /// Bytes of all files.
    package let bytes: Int
    /// Files that are pointers of Git LFS, by path.
    package let pointers: [String: LFSPointer]

    /// Looks at every file but git's own. Blocks.
    ///
    /// Throws `refused`, with the file in its message, for: a symbolic link that leads out of the folder or in circles, a
    /// file with a second name (a hard link: git makes none), a submodule, anything that is neither file, folder nor link,
    /// names that hide what they are, and more files or bytes than are allowed.
    package static func inspect(
        _ folder: String, mostFiles: Int = TreeListing.mostEntries, mostBytes: Int
    ) throws(ControlError) -> Checkout {
        guard let resolved = realpath(folder, nil) else {
            throw ControlError(.internalFailure, "the checkout '\(folder)' is not there: \(reason())")
        }
        defer { free(resolved) }
        var search = Search(root: String(cString: resolved), mostFiles: mostFiles, mostBytes: mostBytes)
        try search.run()
        return Checkout(
            root: search.root, files: search.files, bytes: search.bytes, pointers: search.pointers)
    }

    /// Throws `refused` for the first of these files and folders that is a pointer, or has one in it.
    package func refusePointers(among paths: [String]) throws(ControlError) {
        for path in paths {
            let found = pointers.filter { $0.key == path || $0.key.hasPrefix(path + "/") }
            guard let (file, pointer) = found.min(by: { $0.key < $1.key }) else { continue }
            throw LFSPointer.refusal(file, pointer)
        }
    }

    static func refusal(_ what: String, hint: String? = nil) -> ControlError {
        ControlError(.refused, "the repository is not taken: \(what)", field: "repository", hint: hint)
    }

    fileprivate static func reason() -> String { String(cString: strerror(errno)) }
}

/// The walk through a checkout: depth first, names in order, so that the same folder is refused for the same file.
private struct Search {
    let root: String
    let mostFiles: Int
    let mostBytes: Int
    var files = 0
    var bytes = 0
    var pointers: [String: LFSPointer] = [:]

    init(root: String, mostFiles: Int, mostBytes: Int) {
        self.root = root
        self.mostFiles = mostFiles
        self.mostBytes = mostBytes
    }

    mutating func run() throws(ControlError) {
        var open = [""]
        while let folder = open.popLast() {
            for name in try names(of: folder).reversed() {
                if folder.isEmpty, name == ".git" { continue }
                let path = folder.isEmpty ? name : "\(folder)/\(name)"
                guard path != ".gitmodules" else { throw TreeListing.submodule(path) }
                try CheckoutPath.check(path)
                if try look(at: path) { open.append(path) }
            }
        }
    }

    /// Whether it is a folder, to be looked through.
    private mutating func look(at path: String) throws(ControlError) -> Bool {
        var status = stat()
        guard lstat("\(root)/\(path)", &status) == 0 else {
            throw ControlError(.internalFailure, "'\(path)' of the checkout cannot be looked at: \(Checkout.reason())")
        }
        files += 1
        guard files <= mostFiles else { throw Checkout.refusal("it has more than \(mostFiles) files") }
        switch status.st_mode & S_IFMT {
        case S_IFDIR: return true
        case S_IFLNK: try follow(path)
        case S_IFREG: try count(path, status)
        default:
            throw Checkout.refusal("'\(Name.excerpt(of: path))' is neither a file nor a folder nor a symbolic link")
        }
        return false
    }

    private func follow(_ path: String) throws(ControlError) {
        let shown = Name.excerpt(of: path)
        switch LinkWalk.follow(path, below: root) {
        case .inside: return
        case .outside:
            let target = Name.excerpt(of: LinkWalk.target(of: "\(root)/\(path)") ?? "")
            throw Checkout.refusal(
                "the symbolic link '\(shown)' leads out of it, to '\(target)'",
                hint: "put a copy of the file into the repository")
        case .endless: throw Checkout.refusal("the symbolic link '\(shown)' leads in circles")
        }
    }

    private mutating func count(_ path: String, _ status: stat) throws(ControlError) {
        guard status.st_nlink == 1 else {
            throw Checkout.refusal(
                "'\(Name.excerpt(of: path))' is a hard link: the same file has another name somewhere")
        }
        let size = Int(status.st_size)
        let sum = bytes.addingReportingOverflow(size)
        guard !sum.overflow, sum.partialValue <= mostBytes else {
            throw Checkout.refusal(
                "its files have more than \(mostBytes) bytes", hint: "raise the pipeline's limit 'disk'")
        }
        bytes = sum.partialValue
        pointers[path] = LFSPointer.read("\(root)/\(path)", size: size)
    }

    private func names(of folder: String) throws(ControlError) -> [String] {
        let path = folder.isEmpty ? root : "\(root)/\(folder)"
        guard let stream = opendir(path) else {
            throw ControlError(.internalFailure, "'\(folder)' of the checkout cannot be read: \(Checkout.reason())")
        }
        defer { closedir(stream) }
        var names: [String] = []
        while let item = readdir(stream) {
            let name = withUnsafePointer(to: &item.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(validatingCString: $0) }
            }
            guard let name else {
                throw Checkout.refusal("a name in '\(folder.isEmpty ? "." : Name.excerpt(of: folder))' is not UTF-8")
            }
            guard name != ".", name != ".." else { continue }
            names.append(name)
            guard names.count <= mostFiles else { throw Checkout.refusal("it has more than \(mostFiles) files") }
        }
        return names.sorted()
    }
}
