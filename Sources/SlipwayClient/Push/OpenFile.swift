import NIOCore

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A regular file open for reading.
final class OpenFile: Sendable {
    let path: String
    /// Bytes when it was opened.
    let size: Int
    private let descriptor: Int32

    init(_ path: String) throws(ClientError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw .file(path: path, problem: errorText(errno), hint: nil) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            throw .file(path: path, problem: "not a regular file", hint: nil)
        }
        self.path = path
        self.size = Int(status.st_size)
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }

    var changed: ClientError {
        .file(path: path, problem: "changed while it was being sent", hint: "push again once nobody writes to it")
    }

    /// `count` bytes from `offset`, fewer only at the end of the file. Blocks.
    func read(at offset: Int, count: Int) throws(ClientError) -> ByteBuffer {
        var buffer = ByteBuffer()
        buffer.reserveCapacity(count)
        while buffer.readableBytes < count {
            let done = buffer.readableBytes
            var failure: Int32 = 0
            let got = buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: count - done) { space in
                let got = pread(descriptor, space.baseAddress, count - done, off_t(offset + done))
                if got < 0 { failure = errno }
                return max(got, 0)
            }
            guard failure == 0 || failure == EINTR else {
                throw .file(path: path, problem: errorText(failure), hint: nil)
            }
            if got == 0 && failure == 0 { break }
        }
        return buffer
    }
}

/// The system's own words for an error number.
func errorText(_ number: Int32) -> String {
    switch number {
    case ENOENT: "no such file or folder"
    case EACCES, EPERM: "permission denied"
    default: String(cString: strerror(number)).lowercased()
    }
}
