/// Bytes that are put together to be written, in memory of its own that is used again. For one thread at a time.
final class RecordBytes {
    private(set) var base: UnsafeMutableRawPointer
    private(set) var count = 0
    private var capacity: Int

    init(capacity: Int = 64 << 10) {
        self.capacity = max(capacity, 64)
        base = .allocate(byteCount: self.capacity, alignment: 16)
    }

    deinit { base.deallocate() }

    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: count) }

    /// Forgets what comes after the first `count` bytes.
    func cut(to count: Int) { self.count = min(self.count, max(0, count)) }

    /// Makes room for so many more bytes.
    func reserve(_ more: Int) {
        guard capacity - count < more else { return }
        var grown = capacity
        while grown - count < more { grown *= 2 }
        let larger = UnsafeMutableRawPointer.allocate(byteCount: grown, alignment: 16)
        larger.copyMemory(from: base, byteCount: count)
        base.deallocate()
        base = larger
        capacity = grown
    }

    /// Little-endian, as everything in the file.
    @inline(__always)
    func write<Integer: FixedWidthInteger>(_ value: Integer) {
        reserve(MemoryLayout<Integer>.size)
        base.storeBytes(of: value.littleEndian, toByteOffset: count, as: Integer.self)
        count += MemoryLayout<Integer>.size
    }

    /// Over what was written at `offset`.
    func set(_ value: UInt32, at offset: Int) {
        guard offset >= 0, offset + 4 <= count else { return }
        base.storeBytes(of: value.littleEndian, toByteOffset: offset, as: UInt32.self)
    }

    func write(_ bytes: UnsafeRawBufferPointer) {
        guard let start = bytes.baseAddress, bytes.count > 0 else { return }
        reserve(bytes.count)
        (base + count).copyMemory(from: start, byteCount: bytes.count)
        count += bytes.count
    }

    /// Its length in 32 bits, then its UTF-8.
    func write(_ text: String) {
        var text = text
        text.withUTF8 { utf8 in
            write(UInt32(truncatingIfNeeded: utf8.count))
            write(UnsafeRawBufferPointer(utf8))
        }
    }
}

/// Reads what `RecordBytes` wrote, out of bytes that may be anything.
struct RecordCursor {
    private let bytes: UnsafeRawBufferPointer
    private(set) var offset = 0

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    var isAtEnd: Bool { offset == bytes.count }

    mutating func next<Integer: FixedWidthInteger>(_ type: Integer.Type) throws(MalformedRecord) -> Integer {
        guard bytes.count - offset >= MemoryLayout<Integer>.size else { throw MalformedRecord("it ends too early") }
        defer { offset += MemoryLayout<Integer>.size }
        return Integer(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Integer.self))
    }

    mutating func bytes(_ count: Int) throws(MalformedRecord) -> UnsafeRawBufferPointer {
        guard count >= 0, bytes.count - offset >= count else { throw MalformedRecord("it ends too early") }
        defer { offset += count }
        return UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + count])
    }

    mutating func text() throws(MalformedRecord) -> String {
        let count = Int(try next(UInt32.self))
        return String(decoding: try bytes(count), as: UTF8.self)
    }
}

/// A record whose checksum holds and whose contents are none of ours all the same.
struct MalformedRecord: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
