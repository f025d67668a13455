import NIOCore

/// How many bytes things take in the wire format of Protocol Buffers.
enum ProtobufSize {
    /// Of a field's number and wire type.
    @inline(__always)
    static func tag(_ number: UInt32) -> Int { varint(UInt64(number) << 3) }

    @inline(__always)
    static func varint(_ value: UInt64) -> Int { max(1, (70 - value.leadingZeroBitCount) / 7) }

    /// Of a length-delimited field with its tag.
    @inline(__always)
    static func field(_ number: UInt32, length: Int) -> Int {
        tag(number) + varint(UInt64(truncatingIfNeeded: length)) + length
    }

    /// Of a text with its tag; an empty one is left out.
    @inline(__always)
    static func string(_ number: UInt32, _ text: String) -> Int {
        let length = text.utf8.count
        return length == 0 ? 0 : field(number, length: length)
    }

    /// Of the elements of a packed field, without its tag and length.
    static func packed(_ numbers: [Int]) -> Int {
        var total = 0
        for number in numbers { total += varint(UInt64(bitPattern: Int64(number))) }
        return total
    }
}

/// Where a message is being written to: memory whose size somebody has already made sure of.
struct ProtobufWriter {
    private(set) var at: UnsafeMutableRawPointer

    init(at: UnsafeMutableRawPointer) { self.at = at }

    @inline(__always)
    mutating func tag(_ number: UInt32, _ wire: ProtobufReader.WireType) {
        varint(UInt64(number) << 3 | UInt64(wire.rawValue))
    }

    @inline(__always)
    mutating func varint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            at.storeBytes(of: UInt8(truncatingIfNeeded: rest) | 0x80, as: UInt8.self)
            at += 1
            rest >>= 7
        }
        at.storeBytes(of: UInt8(truncatingIfNeeded: rest), as: UInt8.self)
        at += 1
    }

    /// The tag and the length of a length-delimited field; `length` bytes must follow.
    @inline(__always)
    mutating func begin(_ number: UInt32, length: Int) {
        tag(number, .lengthDelimited)
        varint(UInt64(truncatingIfNeeded: length))
    }

    /// An empty text is left out: it is what is read where there is none.
    @inline(__always)
    mutating func string(_ number: UInt32, _ text: String) {
        let length = text.utf8.count
        guard length > 0 else { return }
        begin(number, length: length)
        var text = text
        text.withUTF8 { bytes(UnsafeRawBufferPointer($0)) }
    }

    @inline(__always)
    mutating func text(_ text: StaticString) {
        bytes(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    @inline(__always)
    mutating func bytes(_ source: UnsafeRawBufferPointer) {
        guard let start = source.baseAddress, source.count > 0 else { return }
        at.copyMemory(from: start, byteCount: source.count)
        at += source.count
    }

    /// `size` is what `ProtobufSize.packed` says; an empty list is left out.
    mutating func packed(_ number: UInt32, _ numbers: [Int], size: Int) {
        guard !numbers.isEmpty else { return }
        begin(number, length: size)
        for number in numbers { varint(UInt64(bitPattern: Int64(number))) }
    }
}

extension ByteBuffer {
    /// Appends what `write` writes, which is exactly `size` bytes.
    @inline(__always)
    mutating func writeProtobuf(size: Int, _ write: (inout ProtobufWriter) -> Void) {
        guard size > 0 else { return }
        _ = writeWithUnsafeMutableBytes(minimumWritableBytes: size) { space in
            guard let base = space.baseAddress else { return 0 }
            var writer = ProtobufWriter(at: base)
            write(&writer)
            assert(writer.at - base == size, "a message was measured as \(size) bytes, but takes \(writer.at - base)")
            return size
        }
    }
}
