import Crypto
import Foundation
import Journal

enum Hashing {
    static let chunk = 1 << 20

    /// The SHA-256 and the size of a regular file; never follows a symbolic link.
    static func hash(_ path: String) throws -> (sha256: String, size: Int) {
        var hasher = SHA256()
        let size = try read(path) { hasher.update(bufferPointer: $0) }
        return (hasher.finalize().hexadecimal, size)
    }

    /// Passes the file's bytes on, a piece at a time; returns how many there were.
    static func read(_ path: String, _ body: (UnsafeRawBufferPointer) throws -> Void) throws -> Int {
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard file >= 0 else { throw SystemError("open '\(path)'") }
        defer { close(file) }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: chunk, alignment: 64)
        defer { buffer.deallocate() }
        var total = 0
        while true {
            let count = Foundation.read(file, buffer.baseAddress, buffer.count)
            if count < 0 {
                if errno == EINTR { continue }
                throw SystemError("read '\(path)'")
            }
            if count == 0 { return total }
            total += count
            try body(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        }
    }
}
