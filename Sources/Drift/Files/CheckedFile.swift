import Serving

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A small file that is written whole: four letters, the format's number, the length of what follows and its CRC-32C, then
/// that. Cut off anywhere, or changed anywhere, it is none.
enum CheckedFile {
    enum Kind: UInt8 {
        case reference = 1
        case window = 2
        case profile = 3
    }

    static let head = 16
    /// Bytes of a file at most.
    static let longest = 64 << 20
    private static let letters: UInt32 = 0x5244_4c53  // "SLDR", as it stands in the file
    private static let format: UInt8 = 1

    /// Appends a whole file; returns the checksum of what `body` wrote.
    @discardableResult
    static func write(_ kind: Kind, into bytes: RecordBytes, _ body: (RecordBytes) -> Void) -> UInt32 {
        let start = bytes.count
        bytes.write(letters)
        bytes.write(kind.rawValue)
        bytes.write(format)
        bytes.write(UInt8(0))
        bytes.write(UInt8(0))
        bytes.write(UInt32(0))
        bytes.write(UInt32(0))
        body(bytes)
        let payload = UnsafeRawBufferPointer(rebasing: bytes.bytes[(start + head)...])
        let checksum = CRC32C.shared.checksum(payload)
        bytes.set(UInt32(truncatingIfNeeded: payload.count), at: start + 8)
        bytes.set(checksum, at: start + 12)
        return checksum
    }

    /// What stands in a file, with its checksum; `nil` where it is not as it was written.
    static func payload(_ kind: Kind, of bytes: UnsafeRawBufferPointer) -> (
        bytes: UnsafeRawBufferPointer, mark: UInt32
    )? {
        guard bytes.count >= head, bytes.count <= longest + head else { return nil }
        func number(_ offset: Int) -> UInt32 {
            UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
        }
        guard number(0) == letters, bytes[4] == kind.rawValue, bytes[5] == format, bytes[6] == 0, bytes[7] == 0,
            Int(number(8)) == bytes.count - head
        else { return nil }
        let payload = UnsafeRawBufferPointer(rebasing: bytes[head...])
        guard CRC32C.shared.checksum(payload) == number(12) else { return nil }
        return (payload, number(12))
    }

    // MARK: on disk

    /// Writes beside `path`, then takes its place; what was there is `previous` from then on.
    static func put(
        _ bytes: UnsafeRawBufferPointer, at path: String, previous: String?, calls: RecordFileCalls
    ) throws(FileFailure) {
        let new = path + ".new"
        let file = open(new, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw FileFailure("make '\(new)'") }
        do throws(FileFailure) {
            try calls.writeAll(bytes, to: file, path: new)
        } catch {
            close(file)
            unlink(new)
            throw error
        }
        close(file)
        if let previous { _ = rename(path, previous) }
        guard rename(new, path) == 0 else { throw FileFailure("put '\(path)' in its place") }
    }

    /// All bytes of a file; `nil` where there is none, or one that is larger than `most`.
    static func bytes(at path: String, atMost most: Int = longest + head) -> [UInt8]? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0, status.st_size >= 0, status.st_size <= most else { return nil }
        var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeMutableBytes { read(file, $0.baseAddress.map { $0 + done }, $0.count - done) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return Array(bytes[..<done]) }
            done += count
        }
        return bytes
    }
}
