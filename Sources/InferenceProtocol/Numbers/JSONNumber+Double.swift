extension JSONNumber {
    /// The 64-bit float nearest to this number, ties to even: what `strtod` gives. Infinite when it is too large; `nil`
    /// when the text is longer than `longestText`.
    ///
    /// Three ways, the commonest first: exact in one operation, by a 128-bit product, by the standard library.
    @inline(__always)
    func double(
        writtenFrom first: UnsafePointer<UInt8>, to end: UnsafePointer<UInt8>, _ powers: PowersOfTen
    ) -> Double? {
        if isExact {
            if let magnitude = exactDouble(powers) ?? nearestDouble(powers) {
                return isNegative ? -magnitude : magnitude
            }
        }
        return Self.standardDouble(first, end)
    }

    /// Both factors are floats without rounding, so that one operation rounds once (Clinger 1990).
    @inline(__always)
    private func exactDouble(_ powers: PowersOfTen) -> Double? {
        guard mantissa <= 1 << 53 else { return nil }
        if exponent == 0 { return Double(mantissa) }
        guard exponent >= -22, exponent <= 22 else { return mantissa == 0 ? 0 : nil }
        let power = powers.exact[exponent < 0 ? -exponent : exponent]
        return exponent < 0 ? Double(mantissa) / power : Double(mantissa) * power
    }

    /// Lemire, "Number Parsing at a Gigabyte per Second" (2021), algorithm 1: the product of the mantissa with 128 bits
    /// of the power of five decides the rounding. `nil` for exponents outside the table and for subnormal results.
    @inline(__always)
    private func nearestDouble(_ powers: PowersOfTen) -> Double? {
        guard mantissa != 0, let power = powers.significand(of: exponent) else { return nil }
        let zeros = mantissa.leadingZeroBitCount
        let normalized = mantissa &<< UInt64(zeros)
        var (high, low) = normalized.multipliedFullWidth(by: power.high)
        if high & 0x1ff == 0x1ff {
            let (sum, carry) = low.addingReportingOverflow(normalized.multipliedFullWidth(by: power.low).high)
            low = sum
            if carry { high &+= 1 }
            // The one case that 128 bits leave open.
            if low == .max, exponent < -27 || exponent > 55 { return nil }
        }
        let upper = Int(high >> 63)
        let shift = UInt64(upper + 9)
        var significand = high >> shift
        var biased = (217_706 * exponent) >> 16 + 63 + upper - zeros + 1023
        guard biased > 0, biased < 2046 else { return nil }
        if low <= 1, exponent >= -4, exponent <= 23, significand & 3 == 1, significand << shift == high {
            // Exactly half way: to the even one.
            significand &= ~1
        }
        significand = (significand &+ (significand & 1)) >> 1
        if significand >= 1 << 53 {
            significand = 1 << 52
            biased += 1
        }
        return Double(bitPattern: UInt64(biased) << 52 | significand & ((1 << 52) - 1))
    }

    /// No decimal of a 64-bit float needs more; a longer one is not a number anybody meant.
    static let longestText = 1024

    @inline(never)
    private static func standardDouble(_ first: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>) -> Double? {
        let count = end - first
        guard count <= longestText else { return nil }
        return Double(String(decoding: UnsafeBufferPointer(start: first, count: count), as: UTF8.self))
    }
}
