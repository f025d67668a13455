#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A file, or standard input, read piece by piece.
final class FeedbackFile {
    let name: String
    /// Bytes, where somebody knows.
    let size: Int?
    private(set) var read = 0
    private let descriptor: Int32
    private var chunk = [UInt8](repeating: 0, count: 256 << 10)

    init(_ path: String) throws(Failure) {
        guard path != "-" else {
            (name, size, descriptor) = ("standard input", nil, STDIN_FILENO)
            return
        }
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw Failure(
                "\(path): \(errno == ENOENT ? "no such file" : String(cString: strerror(errno)).lowercased())")
        }
        name = path
        let end = lseek(descriptor, 0, SEEK_END)
        size = end > 0 ? Int(end) : nil
        _ = lseek(descriptor, 0, SEEK_SET)
    }

    deinit { if descriptor != STDIN_FILENO { close(descriptor) } }

    /// The next bytes; `nil` at the end.
    func next() throws(Failure) -> ArraySlice<UInt8>? {
        while true {
            #if canImport(Glibc)
                let count = Glibc.read(descriptor, &chunk, chunk.count)
            #else
                let count = Darwin.read(descriptor, &chunk, chunk.count)
            #endif
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw Failure("\(name): \(String(cString: strerror(errno)).lowercased())") }
            read += count
            return count == 0 ? nil : chunk[..<count]
        }
    }
}
