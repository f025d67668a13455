/// Bytes that are put together, in memory of its own that is used again, to be written or read later. For one thread at a
/// time.
package final class RecordBytes {
    private var base: UnsafeMutableRawPointer
    private var used = 0
    private var room: Int

    package init(capacity: Int = 64 << 10) {
        room = max(capacity, 64)
        base = .allocate(byteCount: room, alignment: 16)
    }

    deinit { base.deallocate() }

    package var count: Int { used }
    package var capacity: Int { room }
    package var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: used) }

    /// Forgets what comes after the first `count` bytes.
    package func cut(to count: Int) { used = min(used, max(0, count)) }

    /// Makes room for so many more bytes.
    package func reserve(_ more: Int) {
        if room - used < more { grow(by: more) }
    }

    private func grow(by more: Int) {
        var grown = room
        while grown - used < more { grown *= 2 }
        let larger = UnsafeMutableRawPointer.allocate(byteCount: grown, alignment: 16)
        larger.copyMemory(from: base, byteCount: used)
        base.deallocate()
        base = larger
        room = grown
    }

    // Not generic: callers in other rooms would look its type up for each number.

    package func write(_ value: UInt8) { put(value) }
    /// Little-endian, as all numbers.
    package func write(_ value: UInt32) { put(value) }
    package func write(_ value: UInt64) { put(value) }
    package func write(_ value: Int64) { put(value) }

    @inline(__always)
    private func put<Integer: FixedWidthInteger>(_ value: Integer) {
        reserve(MemoryLayout<Integer>.size)
        base.storeBytes(of: value.littleEndian, toByteOffset: used, as: Integer.self)
        used += MemoryLayout<Integer>.size
    }

    /// Over what was written at `offset`.
    package func set(_ value: UInt32, at offset: Int) {
        guard offset >= 0, offset + 4 <= used else { return }
        base.storeBytes(of: value.littleEndian, toByteOffset: offset, as: UInt32.self)
    }

    package func write(_ bytes: UnsafeRawBufferPointer) {
        guard let start = bytes.baseAddress, bytes.count > 0 else { return }
        reserve(bytes.count)
        (base + used).copyMemory(from: start, byteCount: bytes.count)
        used += bytes.count
    }

    /// Its length in 32 bits, then its UTF-8.
    package func write(_ text: String) {
        var text = text
        text.withUTF8 { utf8 in
            write(UInt32(truncatingIfNeeded: utf8.count))
            write(UnsafeRawBufferPointer(utf8))
        }
    }
}
