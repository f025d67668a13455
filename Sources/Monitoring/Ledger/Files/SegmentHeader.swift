import Serving

/// The first bytes of a segment: which format, whose rows, and how long they are kept, so that they go in time even when
/// the endpoint is not there any more.
struct SegmentHeader: Sendable, Hashable {
    /// The last byte is the version of the format.
    static let magic: [UInt8] = Array("SLWLEDG".utf8) + [1]
    /// Magic, length, moment, days, bytes, three texts without their bytes, checksum.
    private static let least = 8 + 4 + 8 + 4 + 8 + 3 * 4 + 4
    static let longest = 4096

    /// Microseconds since 1970.
    var createdAt: Int
    var retentionDays: Int
    var retentionBytes: Int
    var space: String
    var endpoint: String
    var model: String

    func write(into bytes: RecordBytes) {
        let start = bytes.count
        Self.magic.withUnsafeBytes { bytes.write($0) }
        bytes.write(UInt32(0))
        bytes.write(Int64(createdAt))
        bytes.write(UInt32(clamping: retentionDays))
        bytes.write(UInt64(clamping: retentionBytes))
        bytes.write(space)
        bytes.write(endpoint)
        bytes.write(model)
        bytes.set(UInt32(bytes.count - start + 4), at: start + 8)
        let covered = UnsafeRawBufferPointer(rebasing: bytes.bytes[start...])
        bytes.write(CRC32C.shared.checksum(covered))
    }

    /// Whether a file with this front, which is all of it where it is short, ends within its header.
    static func isCut(_ front: UnsafeRawBufferPointer) -> Bool {
        guard front.count >= 12 else { return magic.starts(with: front.prefix(magic.count)) }
        let length = Int(UInt32(littleEndian: front.loadUnaligned(fromByteOffset: 8, as: UInt32.self)))
        return front.prefix(8).elementsEqual(magic) && length <= longest && length > front.count
    }

    /// The header at the front of a file and its length; `nil` where it is cut off, damaged or of another format.
    static func read(_ front: UnsafeRawBufferPointer) -> (header: SegmentHeader, length: Int)? {
        guard front.count >= least, front.prefix(8).elementsEqual(magic) else { return nil }
        let length = Int(UInt32(littleEndian: front.loadUnaligned(fromByteOffset: 8, as: UInt32.self)))
        guard length >= least, length <= min(longest, front.count) else { return nil }
        let covered = UnsafeRawBufferPointer(rebasing: front[..<(length - 4)])
        let sum = UInt32(littleEndian: front.loadUnaligned(fromByteOffset: length - 4, as: UInt32.self))
        guard CRC32C.shared.checksum(covered) == sum else { return nil }
        var cursor = RecordCursor(UnsafeRawBufferPointer(rebasing: covered[12...]))
        guard let createdAt = try? cursor.next(Int64.self), let days = try? cursor.next(UInt32.self),
            let bytes = try? cursor.next(UInt64.self), let space = try? cursor.text(),
            let endpoint = try? cursor.text(), let model = try? cursor.text()
        else { return nil }
        let header = SegmentHeader(
            createdAt: Int(createdAt), retentionDays: Int(days), retentionBytes: Int(clamping: bytes), space: space,
            endpoint: endpoint, model: model)
        return (header, length)
    }
}

/// The frame around a record's payload: mark, length and checksum, 32 bits each.
enum RecordFrame {
    static let bytes = 12

    /// Begins a record; returns where.
    static func begin(_ mark: UInt32, in bytes: RecordBytes) -> Int {
        let start = bytes.count
        bytes.write(mark)
        bytes.write(UInt32(0))
        bytes.write(UInt32(0))
        return start
    }

    /// Ends the record that began at `start`, once its payload is written.
    static func end(_ start: Int, mark: UInt32, in bytes: RecordBytes) {
        let payload = UnsafeRawBufferPointer(rebasing: bytes.bytes[(start + Self.bytes)...])
        bytes.set(UInt32(truncatingIfNeeded: payload.count), at: start + 4)
        bytes.set(checksum(payload, mark: mark), at: start + 8)
    }

    /// Of the length and the payload, begun with the segment's mark.
    static func checksum(_ payload: UnsafeRawBufferPointer, mark: UInt32) -> UInt32 {
        let length = UInt32(truncatingIfNeeded: payload.count).littleEndian
        let begun = withUnsafeBytes(of: length) { CRC32C.shared.checksum($0, from: mark) }
        return CRC32C.shared.checksum(payload, from: begun)
    }
}
