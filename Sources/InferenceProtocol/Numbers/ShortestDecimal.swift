/// The shortest decimal that reads back as the same float: `digits * 10^exponent`.
///
/// Source: Raffaello Giulietti, "The Schubfach way to render doubles" (2020), sections 8 and 9.
struct ShortestDecimal {
    var digits: UInt64
    var exponent: Int

    /// For a finite value above zero.
    @inline(__always)
    init(_ value: Float, _ powers: PowersOfTen) {
        let fraction = UInt64(value.bitPattern & 0x7f_ffff)
        let biased = Int(value.bitPattern >> 23) & 0xff
        self.init(fraction: fraction, biasedExponent: biased, fractionBits: 23, bias: 150, powers) {
            significand, power in
            // 64 bits of the power of ten are enough for 24 of the value; rounded up.
            let cut = power.high &+ (power.low == 0 ? 0 : 1)
            let (high, low) = cut.multipliedFullWidth(by: significand)
            return high | (low >> 32 > 1 ? 1 : 0)
        }
    }

    /// For a finite value above zero; `nil` for very large and very small ones, whose powers of ten are not kept.
    @inline(__always)
    init?(_ value: Double, _ powers: PowersOfTen) {
        guard value >= 1e-37, value < 1e68 else { return nil }
        let fraction = value.bitPattern & ((1 << 52) - 1)
        let biased = Int(value.bitPattern >> 52) & 0x7ff
        self.init(fraction: fraction, biasedExponent: biased, fractionBits: 52, bias: 1075, powers) {
            significand, power in
            let rest = power.low.multipliedFullWidth(by: significand).high
            let (high, low) = power.high.multipliedFullWidth(by: significand)
            let (sum, carry) = low.addingReportingOverflow(rest)
            return (high &+ (carry ? 1 : 0)) | (sum > 1 ? 1 : 0)
        }
    }

    /// `product(c, g)` is c * g without its low bits, the last one set when those are not nearly zero.
    @inline(__always)
    private init(
        fraction: UInt64, biasedExponent: Int, fractionBits: Int, bias: Int, _ powers: PowersOfTen,
        product: (UInt64, (high: UInt64, low: UInt64)) -> UInt64
    ) {
        let isSubnormal = biasedExponent == 0
        let c = isSubnormal ? fraction : fraction | 1 << UInt64(fractionBits)
        let q = (isSubnormal ? 1 : biasedExponent) - bias
        if !isSubnormal, q <= 0, q >= -fractionBits, c.trailingZeroBitCount >= -q {
            self.init(digits: c >> UInt64(-q), exponent: 0)
            return
        }
        // Below a power of two the neighbour is half as far away.
        let isUneven = fraction == 0 && biasedExponent > 1
        let k = (q &* 1_262_611 &- (isUneven ? 524_031 : 0)) &>> 22
        let h = UInt64(truncatingIfNeeded: q &+ ((0 &- k) &* 1_741_647) &>> 19 &+ 1)
        let power = Self.roundedUp(0 &- k, powers)
        let odd = c & 1
        let lower = product((4 &* c &- 2 &+ (isUneven ? 1 : 0)) &<< h, power) &+ odd
        let value = product((4 &* c) &<< h, power)
        let upper = product((4 &* c &+ 2) &<< h, power) &- odd
        let s = value >> 2
        if s >= 10 {
            let tenth = s / 10
            let isBelowInside = lower <= 40 &* tenth
            let isAboveInside = 40 &* tenth &+ 40 <= upper
            if isBelowInside != isAboveInside {
                self.init(digits: tenth &+ (isAboveInside ? 1 : 0), exponent: k &+ 1)
                return
            }
        }
        let isBelowInside = lower <= 4 &* s
        let isAboveInside = 4 &* s &+ 4 <= upper
        if isBelowInside != isAboveInside {
            self.init(digits: s &+ (isAboveInside ? 1 : 0), exponent: k)
            return
        }
        let middle = 4 &* s &+ 2
        let roundsUp = value > middle || (value == middle && s & 1 == 1)
        self.init(digits: s &+ (roundsUp ? 1 : 0), exponent: k)
    }

    private init(digits: UInt64, exponent: Int) {
        self.digits = digits
        self.exponent = exponent
    }

    @inline(__always)
    private static func roundedUp(_ exponent: Int, _ powers: PowersOfTen) -> (high: UInt64, low: UInt64) {
        guard let power = powers.significand(of: exponent) else { return (1 << 63, 0) }
        guard exponent < -27 else { return power }
        let (low, carry) = power.low.addingReportingOverflow(1)
        return (power.high &+ (carry ? 1 : 0), low)
    }

    /// Without zeros at the end of `digits`.
    @inline(__always)
    var trimmed: ShortestDecimal {
        var result = self
        while result.digits >= 100_000_000, result.digits % 100_000_000 == 0 {
            result.digits /= 100_000_000
            result.exponent += 8
        }
        while result.digits >= 10, result.digits % 10 == 0 {
            result.digits /= 10
            result.exponent += 1
        }
        return result
    }
}
