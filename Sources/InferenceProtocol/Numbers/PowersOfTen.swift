/// Powers of ten for reading and writing decimals.
///
/// Made once, and held by whoever reads or writes many numbers: looking a global up costs as much as a short number.
struct PowersOfTen {
    static let shared = PowersOfTen()

    /// 10^0 to 10^22, the powers that a 64-bit float holds without rounding.
    let exact: UnsafePointer<Double>
    /// 10^0 to 10^19, the powers that 64 bits hold.
    let whole: UnsafePointer<UInt64>
    /// Two words for each exponent of `range`.
    private let significands: UnsafePointer<UInt64>

    /// The exponents that `significand(of:)` knows: as far as 5^n fits 128 bits, which covers all of FP32 and whatever
    /// is usual in FP64.
    static let range = -55...55

    /// The first 128 bits of 10^`exponent`, the topmost set: exact from 0 on, rounded up from -27 on, cut off below
    /// (as the algorithm of `JSONNumber.nearestDouble` wants them).
    @inline(__always)
    func significand(of exponent: Int) -> (high: UInt64, low: UInt64)? {
        guard exponent >= -55, exponent <= 55 else { return nil }
        let pair = significands + 2 * (exponent + 55)
        return (pair[0], pair[1])
    }

    /// The tables live as long as the process.
    private init() {
        let exact = UnsafeMutablePointer<Double>.allocate(capacity: 23)
        for exponent in 0..<23 {
            (exact + exponent).initialize(to: exponent == 0 ? 1 : exact[exponent - 1] * 10)
        }
        let whole = UnsafeMutablePointer<UInt64>.allocate(capacity: 20)
        for exponent in 0..<20 {
            (whole + exponent).initialize(to: exponent == 0 ? 1 : whole[exponent - 1] &* 10)
        }
        self.exact = UnsafePointer(exact)
        self.whole = UnsafePointer(whole)
        self.significands = Self.makeSignificands()
    }

    /// Only the power of five is kept: a power of two moves no digits.
    private static func makeSignificands() -> UnsafePointer<UInt64> {
        let table = UnsafeMutablePointer<UInt64>.allocate(capacity: 2 * range.count)
        var five: UInt128 = 1
        for exponent in 0...55 {
            if exponent > 0 { five *= 5 }
            store(five << UInt128(five.leadingZeroBitCount), for: exponent, in: table)
            if exponent > 0 {
                let cut = reciprocal(of: five)
                store(exponent <= 27 ? cut + 1 : cut, for: -exponent, in: table)
            }
        }
        return UnsafePointer(table)
    }

    private static func store(_ value: UInt128, for exponent: Int, in table: UnsafeMutablePointer<UInt64>) {
        let pair = table + 2 * (exponent + 55)
        pair.initialize(to: UInt64(truncatingIfNeeded: value >> 64))
        (pair + 1).initialize(to: UInt64(truncatingIfNeeded: value))
    }

    /// The first 128 bits of 1 / `divisor`, by long division; `divisor` is no power of two.
    private static func reciprocal(of divisor: UInt128) -> UInt128 {
        var remainder: UInt128 = 1 << UInt128(127 - divisor.leadingZeroBitCount)
        var quotient: UInt128 = 0
        for _ in 0..<128 {
            let carry = remainder >> 127 == 1
            remainder <<= 1
            quotient <<= 1
            if carry || remainder >= divisor {
                remainder = remainder &- divisor
                quotient |= 1
            }
        }
        return quotient
    }
}

/// The tables are written before anybody sees them, and never again.
extension PowersOfTen: @unchecked Sendable {}
