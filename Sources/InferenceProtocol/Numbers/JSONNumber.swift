/// A JSON number as written: `mantissa * 10^exponent`, not yet any machine's number.
struct JSONNumber {
    var mantissa: UInt64
    var exponent: Int
    var isNegative: Bool
    /// Whether `mantissa` holds every digit: no more than 64 bits of them were written.
    var isExact: Bool

    /// Reads one number (RFC 8259 section 6) and moves past it; `nil`, without moving, when none begins here.
    @inline(__always)
    static func scan(
        _ place: inout UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>, _ powers: PowersOfTen
    ) -> JSONNumber? {
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
            wordsOfDigits(&at, end, into: &number.mantissa, powers)
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

    /// Up to eight digits in one word at a time, without a branch for each: what makes fractions cheap.
    @inline(__always)
    private static func wordsOfDigits(
        _ at: inout UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>, into mantissa: inout UInt64,
        _ powers: PowersOfTen
    ) {
        while end - at >= 8 {
            let word = UInt64(littleEndian: UnsafeRawPointer(at).loadUnaligned(as: UInt64.self))
            // Digits become 0 to 9; whatever else has the top bit set after the sum, or had it before.
            let values = word ^ 0x3030_3030_3030_3030
            let others = ((values &+ 0x7676_7676_7676_7676) | values) & 0x8080_8080_8080_8080
            let count = others.trailingZeroBitCount &>> 3
            guard count > 0 else { return }
            // Zeros before the digits, then neighbours are joined: to pairs, to fours, to the eight.
            let digits = values &<< UInt64(truncatingIfNeeded: 64 &- 8 &* count)
            let pairs = ((digits & 0x0f0f_0f0f_0f0f_0f0f) &* 2561) &>> 8
            let fours = ((pairs & 0x00ff_00ff_00ff_00ff) &* 6_553_601) &>> 16
            let eight = ((fours & 0x0000_ffff_0000_ffff) &* 42_949_672_960_001) &>> 32
            mantissa = mantissa &* powers.whole[count] &+ eight
            at += count
            guard count == 8 else { return }
        }
        digits(&at, end, into: &mantissa)
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
