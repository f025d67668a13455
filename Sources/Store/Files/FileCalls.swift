import Foundation

/// The system calls that make bytes durable. They come in from outside so that tests can let each of them fail.
struct FileCalls: Sendable {
    var write: @Sendable (Int32, UnsafeRawBufferPointer) -> Int = { Foundation.write($0, $1.baseAddress, $1.count) }
    var fsync: @Sendable (Int32) -> Int32 = { Foundation.fsync($0) }
    var rename: @Sendable (String, String) -> Int32 = { Foundation.rename($0, $1) }

    /// Writes everything, however many calls it takes.
    func writeAll(_ bytes: UnsafeRawBufferPointer, to file: Int32, path: String) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = write(file, UnsafeRawBufferPointer(rebasing: rest))
            if count < 0 {
                if errno == EINTR { continue }
                throw SystemError("write '\(path)'")
            }
            rest = rest.dropFirst(count)
        }
    }

    func sync(_ file: Int32, path: String) throws {
        while fsync(file) != 0 {
            guard errno == EINTR else { throw SystemError("sync '\(path)'") }
        }
    }

    /// A name is durable only once the folder that holds it is.
    func syncFolder(_ path: String) throws {
        let file = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard file >= 0 else { throw SystemError("open the folder '\(path)'") }
        defer { close(file) }
        try sync(file, path: path)
    }
}
