import Foundation

// For the C structures: which module they belong to depends on what the compiler met first.
#if canImport(CoreFoundation)
    import CoreFoundation
#endif

/// Whether a data folder is there, can be written, and has room left.
enum FolderCheck {
    /// Below this a push of an ordinary model may fail.
    private static let littleRoom = 1 << 30

    static func findings(_ folder: String, mustExist: Bool) -> [Finding] {
        let subject = "data folder"
        var status = stat()
        guard stat(folder, &status) == 0 else {
            // The server names it by its own view: in a container that is another file system.
            guard mustExist else { return [] }
            return [
                .problem(
                    subject, "\(folder): \(String(cString: strerror(errno)).lowercased())",
                    "check the path; `slipway serve --data-dir \(folder)` makes it")
            ]
        }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            return [.problem(subject, "\(folder) is no folder", "name another with --data-dir")]
        }
        guard access(folder, R_OK | W_OK | X_OK) == 0 else {
            return [
                .problem(
                    subject, "\(folder) cannot be read and written by this user",
                    "chown it to the user that runs the server, or run this as that user")
            ]
        }
        return [.ok(subject, "\(folder) can be read and written"), room(folder)]
    }

    private static func room(_ folder: String) -> Finding {
        var file = statvfs()
        guard statvfs(folder, &file) == 0 else {
            return .warning("room", "how much is free cannot be read", "look with df \(folder)")
        }
        let (free, overflow) = UInt64(file.f_bavail).multipliedReportingOverflow(by: UInt64(file.f_frsize))
        let bytes = overflow ? Int.max : Int(clamping: free)
        return bytes >= littleRoom
            ? .ok("room", "\(NumberText.bytes(bytes)) free")
            : .warning("room", "only \(NumberText.bytes(bytes)) free", "make room, or pushes will be refused")
    }
}
