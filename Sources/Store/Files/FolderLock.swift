import Foundation
import Synchronization

/// The exclusive lock on a data folder: an flock on a file that also says who has it. The kernel gives it back when the
/// process dies, however it dies.
final class FolderLock: Sendable {
    private let file: Mutex<Int32>

    init(folder: String) throws(StoreError) {
        let path = folder + "/lock"
        let file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard file >= 0 else {
            throw DataFolder.notUsable(folder, SystemError("open '\(path)'"))
        }
        guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
            let number = errno
            let pid = Self.readPid(file)
            close(file)
            guard number == EWOULDBLOCK else {
                throw DataFolder.notUsable(folder, SystemError(number: number, "lock '\(path)'"))
            }
            let holder = pid.map { "the server with process id \($0)" } ?? "another server"
            throw StoreError(
                .inUse(pid: pid), folder: folder, message: "the data folder '\(folder)' is in use by \(holder)",
                hint: "stop that server, or start this one with another --data-dir")
        }
        self.file = Mutex(file)
        // For people only: the lock is the flock, not these digits.
        let text = Array("\(getpid())\n".utf8)
        if ftruncate(file, 0) == 0 { _ = text.withUnsafeBytes { pwrite(file, $0.baseAddress, $0.count, 0) } }
    }

    deinit { release() }

    func release() {
        file.withLock { file in
            if file >= 0 { close(file) }
            file = -1
        }
    }

    private static func readPid(_ file: Int32) -> Int? {
        var buffer = [UInt8](repeating: 0, count: 32)
        let count = buffer.withUnsafeMutableBytes { pread(file, $0.baseAddress, $0.count, 0) }
        guard count > 0 else { return nil }
        return Int(
            String(decoding: buffer.prefix(count), as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines))
    }
}
