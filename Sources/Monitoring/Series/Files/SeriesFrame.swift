import Serving

/// What all versions of an endpoint did in one second, minute or hour.
struct SeriesFrame: Sendable, Hashable {
    /// The number of the last second that is in it. Seconds are numbered as they are written, whatever the clock says: so
    /// it is known which of them a minute has already.
    var upTo: UInt64
    /// When it began, in seconds since 1970.
    var start: Int
    var arms: [SeriesArm: SeriesCounts] = [:]

    var isEmpty: Bool { arms.isEmpty }

    mutating func add(_ other: SeriesFrame) {
        upTo = max(upTo, other.upTo)
        for (arm, counts) in other.arms { arms[arm, default: SeriesCounts()].add(counts) }
    }
}

/// A frame as the payload of a record: numbers as varints (LEB128), counts by place with those that are 0 left out.
enum SeriesFrameBytes {
    /// Bytes that a record may claim to have.
    static let longest = 1 << 20
    /// Length and checksum.
    static let prefix = 8

    /// Appends the whole record: length and CRC-32C of length and payload, 32 bits each, then the payload.
    static func write(_ frame: SeriesFrame, into bytes: RecordBytes) {
        let start = bytes.count
        bytes.write(UInt32(0))
        bytes.write(UInt32(0))
        bytes.writeVarint(frame.upTo)
        bytes.write(Int64(frame.start))
        bytes.writeVarint(UInt64(frame.arms.count))
        for (arm, counts) in frame.arms.sorted(by: { $0.key < $1.key }) { write(arm, counts, bytes) }
        let payload = UnsafeRawBufferPointer(rebasing: bytes.bytes[(start + prefix)...])
        bytes.set(UInt32(truncatingIfNeeded: payload.count), at: start)
        bytes.set(checksum(payload), at: start + 4)
    }

    private static func write(_ arm: SeriesArm, _ counts: SeriesCounts, _ bytes: RecordBytes) {
        bytes.writeVarint(UInt64(max(0, arm.version)))
        bytes.writeVarint(UInt64(max(0, arm.revision)))
        // An absent name is an empty one: variants have names.
        bytes.write(arm.variant ?? "")
        bytes.writeVarint(counts.queueDepth)
        bytes.writeVarint(counts.memoryBytes)
        bytes.writeVarint(UInt64(counts.values.count { $0 != 0 }))
        var last = 0
        for (place, value) in counts.values.enumerated() where value != 0 {
            bytes.writeVarint(UInt64(place - last))
            bytes.writeVarint(value)
            last = place
        }
    }

    static func checksum(_ payload: UnsafeRawBufferPointer) -> UInt32 {
        let length = UInt32(truncatingIfNeeded: payload.count).littleEndian
        return CRC32C.shared.checksum(payload, from: withUnsafeBytes(of: length) { CRC32C.shared.checksum($0) })
    }

    /// The payload of the record at the front of `bytes`; `nil` where it is cut off or damaged.
    static func payload(at offset: Int, of bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
        guard bytes.count - offset >= prefix else { return nil }
        let length = Int(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
        guard length <= longest, bytes.count - offset - prefix >= length else { return nil }
        let start = offset + prefix
        let payload = UnsafeRawBufferPointer(rebasing: bytes[start..<(start + length)])
        let sum = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset + 4, as: UInt32.self))
        return checksum(payload) == sum ? payload : nil
    }

    /// Only when it is, which is at the front.
    static func time(_ payload: UnsafeRawBufferPointer) throws(MalformedRecord) -> (upTo: UInt64, start: Int) {
        var cursor = RecordCursor(payload)
        return (try cursor.varint(), Int(try cursor.next(Int64.self)))
    }

    static func read(_ payload: UnsafeRawBufferPointer) throws(MalformedRecord) -> SeriesFrame {
        var cursor = RecordCursor(payload)
        var frame = SeriesFrame(upTo: try cursor.varint(), start: Int(try cursor.next(Int64.self)))
        // Each takes some bytes, so that a number that lies ends the record soon.
        for _ in 0..<(try cursor.varint()) {
            let arm = try arm(&cursor)
            frame.arms[arm, default: SeriesCounts()].add(try counts(&cursor))
        }
        guard cursor.isAtEnd else { throw MalformedRecord("something follows the counts") }
        return frame
    }

    private static func arm(_ cursor: inout RecordCursor) throws(MalformedRecord) -> SeriesArm {
        let (version, revision) = (Int(clamping: try cursor.varint()), Int(clamping: try cursor.varint()))
        let variant = try cursor.text()
        return SeriesArm(version: version, revision: revision, variant: variant.isEmpty ? nil : variant)
    }

    private static func counts(_ cursor: inout RecordCursor) throws(MalformedRecord) -> SeriesCounts {
        var counts = SeriesCounts()
        counts.see(queueDepth: try cursor.varint(), memoryBytes: try cursor.varint())
        var place: UInt64 = 0
        for _ in 0..<(try cursor.varint()) {
            let (next, overflow) = place.addingReportingOverflow(try cursor.varint())
            guard !overflow else { throw MalformedRecord("a place beyond all places") }
            place = next
            counts.add(try cursor.varint(), at: Int(clamping: place))
        }
        return counts
    }
}
