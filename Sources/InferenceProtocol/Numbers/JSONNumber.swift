/// A JSON number as written: `mantissa * 10^exponent`, not yet any machine's number.
struct JSONNumber {
    var mantissa: UInt64
    var exponent: Int
    var isNegative: Bool
    /// Whether `mantissa` holds every digit: no more than 64 bits of them were written.
    var isExact: Bool

    /// Reads one number (RFC 8259 section 6) and moves past it; `nil`, without moving, when none begins here.
    @inline(__always)
    static func scan(_ place: inout UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>) -> JSONNumber? {
        var at = place
        var number = JSONNumber(mantissa: 0, exponent: 0, isNegative: false, isExact: true)
        guard at < end else { return nil }
        if at.pointee == UInt8(ascii: "-") {
            number.isNegative = true
            at += 1
        }
        let first = at
        guard at < end, at.pointee &- UInt8(ascii: "0") <= 9 else { return nil }
        if at.pointee == UInt8(ascii: "0") {
            at += 1
        } else {
            digits(&at, end, into: &number.mantissa)
        }
        var digitCount = at - first
        if at < end, at.pointee == UInt8(ascii: ".") {
            at += 1
            let fraction = at
            eightDigits(&at, end, into: &number.mantissa)
            digits(&at, end, into: &number.mantissa)
            guard at > fraction else { return nil }
            number.exponent = fraction - at
            digitCount += at - fraction
        }
        let digitsEnd = at
        if at < end, at.pointee | 0x20 == UInt8(ascii: "e") {
            guard let exponent = writtenExponent(&at, end) else { return nil }
            number.exponent += exponent
        }
        if digitCount > 19 { number.isExact = fits(number.mantissa, first, digitsEnd) }
        place = at
        return number
    }

    @inline(__always)
    private static func digits(
        _ at: inout UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>, into mantissa: inout UInt64
    ) {
        while at < end {
            let digit = at.pointee &- UInt8(ascii: "0")
            guard digit <= 9 else { return }
            mantissa = mantissa &* 10 &+ UInt64(digit)
            at += 1
        }
    }

    /// Eight digits in one word at a time: what makes 17-digit fractions cheap.
    @inline(__always)
    private static func eightDigits(
        _ at: inout UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>, into mantissa: inout UInt64
    ) {
        while end - at >= 8 {
            let word = UInt64(littleEndian: UnsafeRawPointer(at).loadUnaligned(as: UInt64.self))
            let high = word & 0xf0f0_f0f0_f0f0_f0f0
            let carried = (word &+ 0x0606_0606_0606_0606) & 0xf0f0_f0f0_f0f0_f0f0
            guard high == 0x3030_3030_3030_3030, carried == high else { return }
            // Neighbours are joined: digits to pairs, pairs to fours, fours to the eight.
            let pairs = ((word & 0x0f0f_0f0f_0f0f_0f0f) &* 2561) &>> 8
            let fours = ((pairs & 0x00ff_00ff_00ff_00ff) &* 6_553_601) &>> 16
            let eight = ((fours & 0x0000_ffff_0000_ffff) &* 42_949_672_960_001) &>> 32
            mantissa = mantissa &* 100_000_000 &+ eight
            at += 8
        }
    }

    @inline(__always)
    private static func writtenExponent(_ at: inout UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>) -> Int? {
        at += 1
        var isNegative = false
        if at < end, at.pointee == UInt8(ascii: "-") || at.pointee == UInt8(ascii: "+") {
            isNegative = at.pointee == UInt8(ascii: "-")
            at += 1
        }
        let first = at
        var value = 0
        while at < end {
            let digit = at.pointee &- UInt8(ascii: "0")
            guard digit <= 9 else { break }
            // Beyond this everything is zero or infinite; growing further could only overflow.
            if value < 100_000_000 { value = value * 10 + Int(digit) }
            at += 1
        }
        guard at > first else { return nil }
        return isNegative ? -value : value
    }

    /// Whether more than 19 written digits still are one 64-bit number: leading zeros do not count, and of 20 digits
    /// those below 2^64 begin with 1 and have not wrapped below 10^19.
    @inline(never)
    private static func fits(
        _ mantissa: UInt64, _ first: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>
    ) -> Bool {
        var at = first
        while at < end, at.pointee == UInt8(ascii: "0") || at.pointee == UInt8(ascii: ".") { at += 1 }
        guard at < end else { return true }
        let lead = at.pointee
        var count = 0
        while at < end {
            if at.pointee != UInt8(ascii: ".") { count += 1 }
            at += 1
        }
        return count <= 19 || (count == 20 && lead == UInt8(ascii: "1") && mantissa >= 10_000_000_000_000_000_000)
    }
}
