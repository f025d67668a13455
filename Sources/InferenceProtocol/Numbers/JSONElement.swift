import Tensors

/// An element of a tensor that JSON writes as one number or literal; `self` is what the tensor stores.
protocol JSONElement: BitwiseCopyable {
    /// Reads one element and moves past it; `nil`, without moving, when what stands here is not one or does not fit.
    static func read(_ place: inout UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>, _ powers: PowersOfTen) -> Self?

    /// Writes the element; NaN and the infinities as bare words rather than strings if `bareSpecials`.
    func write(to output: inout JSONOutput, bareSpecials: Bool)
}

extension JSONElement where Self: FixedWidthInteger {
    @inline(__always)
    func write(to output: inout JSONOutput, bareSpecials: Bool) { output.integer(self) }

    @inline(__always)
    static func read(_ place: inout UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>, _ powers: PowersOfTen) -> Self? {
        var at = place
        guard let number = JSONNumber.scan(&at, end, powers), let value = number.integer(as: Self.self) else {
            return nil
        }
        place = at
        return value
    }
}

extension Int8: JSONElement {}
extension Int16: JSONElement {}
extension Int32: JSONElement {}
extension Int64: JSONElement {}
extension Int: JSONElement {}
extension UInt8: JSONElement {}
extension UInt16: JSONElement {}
extension UInt32: JSONElement {}
extension UInt64: JSONElement {}

extension Double: JSONElement {
    @inline(__always)
    func write(to output: inout JSONOutput, bareSpecials: Bool) { output.float(self, bareSpecials: bareSpecials) }

    @inline(__always)
    static func read(_ place: inout UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>, _ powers: PowersOfTen) -> Double?
    {
        var at = place
        guard let number = JSONNumber.scan(&at, end, powers) else { return SpecialFloat.read(&place, end) }
        guard let value = number.double(writtenFrom: place, to: at, powers), value.isFinite else { return nil }
        place = at
        return value
    }
}

extension Float: JSONElement {
    @inline(__always)
    func write(to output: inout JSONOutput, bareSpecials: Bool) { output.float(self, bareSpecials: bareSpecials) }

    /// By way of a 64-bit float, as Python's clients do it, so that both sides round alike.
    @inline(__always)
    static func read(_ place: inout UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>, _ powers: PowersOfTen) -> Float?
    {
        var at = place
        guard let wide = Double.read(&at, end, powers) else { return nil }
        let value = Float(wide)
        guard value.isFinite || !wide.isFinite else { return nil }
        place = at
        return value
    }
}

/// The bits of an FP16 number.
struct HalfBits: JSONElement {
    var bits: UInt16

    func write(to output: inout JSONOutput, bareSpecials: Bool) {
        output.float(HalfPrecision.float(fp16Bits: bits), bareSpecials: bareSpecials)
    }

    static func read(_ place: inout UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>, _ powers: PowersOfTen)
        -> HalfBits?
    {
        var at = place
        guard let wide = Double.read(&at, end, powers) else { return nil }
        let bits = HalfPrecision.fp16Bits(rounding: wide)
        guard bits & 0x7c00 != 0x7c00 || !wide.isFinite else { return nil }
        place = at
        return HalfBits(bits: bits)
    }
}

/// The bits of a BF16 number.
struct BrainFloatBits: JSONElement {
    var bits: UInt16

    func write(to output: inout JSONOutput, bareSpecials: Bool) {
        output.float(HalfPrecision.float(bf16Bits: bits), bareSpecials: bareSpecials)
    }

    static func read(_ place: inout UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>, _ powers: PowersOfTen)
        -> BrainFloatBits?
    {
        var at = place
        guard let wide = Double.read(&at, end, powers) else { return nil }
        let bits = HalfPrecision.bf16Bits(rounding: wide)
        guard bits & 0x7f80 != 0x7f80 || !wide.isFinite else { return nil }
        place = at
        return BrainFloatBits(bits: bits)
    }
}

/// A BOOL element: `true` and `false`, and 1 and 0 as some clients write them.
struct BooleanByte: JSONElement {
    var byte: UInt8

    @inline(__always)
    func write(to output: inout JSONOutput, bareSpecials: Bool) { output.text(byte == 0 ? "false" : "true") }

    @inline(__always)
    static func read(_ place: inout UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>, _ powers: PowersOfTen)
        -> BooleanByte?
    {
        if JSONCursor.matches("true", place, end) {
            place += 4
            return BooleanByte(byte: 1)
        }
        if JSONCursor.matches("false", place, end) {
            place += 5
            return BooleanByte(byte: 0)
        }
        var at = place
        guard let value = UInt8.read(&at, end, powers), value <= 1 else { return nil }
        place = at
        return BooleanByte(byte: value)
    }
}

/// What is no number yet a float: as the strings of Protocol Buffers' JSON mapping, and as the bare words that Python's
/// `json` writes.
enum SpecialFloat {
    @inline(never)
    static func read(_ place: inout UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>) -> Double? {
        let forms: [(StaticString, Double)] = [
            ("NaN", .nan), ("Infinity", .infinity), ("-Infinity", -.infinity),
            ("\"NaN\"", .nan), ("\"Infinity\"", .infinity), ("\"-Infinity\"", -.infinity),
        ]
        for (text, value) in forms where JSONCursor.matches(text, place, end) {
            place += text.utf8CodeUnitCount
            return value
        }
        return nil
    }
}
