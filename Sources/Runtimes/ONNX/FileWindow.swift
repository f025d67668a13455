import Glibc

/// A file read through a small window, so that one of any size costs the same memory.
///
/// Read with `pread` and not mapped: a file that shrinks meanwhile is an error here, and a signal there.
struct FileWindow: ~Copyable {
    private let descriptor: CInt
    let size: Int
    private var buffer: [UInt8] = []
    private var start = 0
    private static let windowSize = 64 * 1024

    /// Opens a regular file, following no link. Fails with an error number, or with `nil` when it is something else.
    init(path: String) throws(FileWindowError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard descriptor >= 0 else { throw errno == ELOOP ? .notRegular : .system(errno) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            let code = errno
            close(descriptor)
            throw .system(code)
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            throw .notRegular
        }
        self.descriptor = descriptor
        self.size = Int(status.st_size)
    }

    deinit {
        close(descriptor)
    }

    mutating func byte(at offset: Int) throws(FileWindowError) -> UInt8 {
        if offset < start || offset >= start + buffer.count { try slide(to: offset) }
        return buffer[offset - start]
    }

    /// A copy of up to `count` bytes from `offset` on; fewer only at the end of the file.
    mutating func bytes(at offset: Int, count: Int) throws(FileWindowError) -> [UInt8] {
        guard offset >= 0, offset <= size, count > 0 else { return [] }
        let count = min(count, size - offset)
        if offset >= start, offset + count <= start + buffer.count {
            return Array(buffer[(offset - start)..<(offset - start + count)])
        }
        return try Self.read(descriptor, offset, count)
    }

    private mutating func slide(to offset: Int) throws(FileWindowError) {
        guard offset >= 0, offset < size else { throw .beyondEnd }
        let bytes = try Self.read(descriptor, offset, min(Self.windowSize, size - offset))
        guard !bytes.isEmpty else { throw .beyondEnd }
        buffer = bytes
        start = offset
    }

    private static func read(_ descriptor: CInt, _ offset: Int, _ count: Int) throws(FileWindowError) -> [UInt8] {
        var code: CInt = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            filled = 0
            while filled < count {
                let got = pread(descriptor, buffer.baseAddress.map { $0 + filled }, count - filled, offset + filled)
                if got < 0 && errno == EINTR { continue }
                if got < 0 { code = errno }
                if got <= 0 { break }
                filled += got
            }
        }
        if code != 0 { throw .system(code) }
        return bytes
    }
}

enum FileWindowError: Error, Sendable, Hashable {
    case system(CInt)
    /// A folder, a link, a device: anything but a file.
    case notRegular
    /// The file became shorter while it was read.
    case beyondEnd
}
