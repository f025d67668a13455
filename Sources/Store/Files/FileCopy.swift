import Foundation

enum FileCopy {
    /// `FICLONE` of linux/fs.h, `_IOW(0x94, 9, int)`: the new file shares the old one's blocks until one is written to.
    private static let clone: UInt = 0x4004_9409

    /// Brings a blob to a new path, by the cheapest way there is: a hard link where that is allowed, shared blocks where the
    /// file system can, else a copy.
    static func bring(_ source: String, to target: String, mayLink: Bool, calls: FileCalls) throws {
        if mayLink, link(source, target) == 0 { return }
        let file = open(target, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o400)
        guard file >= 0 else { throw SystemError("make '\(target)'") }
        defer { close(file) }
        if share(source, file) { return }
        _ = try Hashing.read(source) { try calls.writeAll($0, to: file, path: target) }
    }

    private static func share(_ source: String, _ target: Int32) -> Bool {
        #if os(Linux)
            let file = open(source, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
            guard file >= 0 else { return false }
            defer { close(file) }
            return ioctl(target, clone, file) == 0
        #else
            return false
        #endif
    }
}
