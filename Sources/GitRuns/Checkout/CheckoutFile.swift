import Foundation
package import Journal

/// Files of a checkout that its own documents name. The run's commands may have made them, links included, so that they are
/// looked at again when they are wanted.
package enum CheckoutFile {
    /// The absolute path, free of links, of a regular file with one name.
    ///
    /// Throws `invalid` about `field` for a path that leads out of the checkout, for what is not there and for what is no
    /// file; `refused` for a pointer of Git LFS. Nothing may be running in the checkout any more.
    ///
    /// - Parameters:
    ///   - name: as the document has it, relative to `root`.
    ///   - root: of the checkout, as `Checkout` has it.
    package static func locate(_ name: String, in root: String, field: String) throws(ControlError) -> String {
        let shown = Name.excerpt(of: name)
        func refused(_ why: String, hint: String? = nil) -> ControlError {
            ControlError(.invalid, "'\(field)' is '\(shown)', \(why)", field: field, hint: hint)
        }
        guard !name.utf8.contains(0) else { throw refused("which is no path") }
        guard case .inside(let path) = LinkWalk.follow(name, below: root), !path.isEmpty else {
            throw refused(
                "which leads out of the repository", hint: "name a file of the repository, relative to its top folder")
        }
        let place = "\(root)/\(path)"
        var status = stat()
        guard lstat(place, &status) == 0 else {
            throw refused(
                "and there is no such file", hint: "check it in, or have a command of 'build' make it at that place")
        }
        guard status.st_mode & S_IFMT == S_IFREG else { throw refused("which is no file") }
        guard status.st_nlink == 1 else { throw refused("which is a hard link to a file with another name") }
        if let pointer = LFSPointer.read(place, size: Int(status.st_size)) {
            throw LFSPointer.refusal(name, pointer, field: field)
        }
        return place
    }
}
