/// Conversions between 32-bit floats and the two 16-bit ones, by bits and rounding to nearest even, so that they mean
/// the same on every processor.
package enum HalfPrecision {
    /// The bits of the IEEE 754 binary16 number nearest to `value`.
    package static func fp16Bits(_ value: Float) -> UInt16 {
        let bits = value.bitPattern
        let sign = UInt16(truncatingIfNeeded: (bits >> 16) & 0x8000)
        let exponent = Int((bits >> 23) & 0xff)
        let mantissa = bits & 0x7f_ffff
        if exponent == 0xff {
            return sign | 0x7c00 | (mantissa == 0 ? 0 : 0x0200 | UInt16(truncatingIfNeeded: mantissa >> 13))
        }
        let unbiased = exponent - 127
        if unbiased > 15 { return sign | 0x7c00 }
        if unbiased >= -14 {
            let base = UInt32(unbiased + 15) << 10 | mantissa >> 13
            return sign | UInt16(truncatingIfNeeded: roundedToEven(base, rest: mantissa & 0x1fff, half: 0x1000))
        }
        if unbiased < -25 { return sign }
        let full = mantissa | 0x80_0000
        let shift = UInt32(-unbiased - 1)
        let rest = full & ((1 << shift) - 1)
        return sign | UInt16(truncatingIfNeeded: roundedToEven(full >> shift, rest: rest, half: 1 << (shift - 1)))
    }

    /// The value of IEEE 754 binary16 bits; every one of them is a 32-bit float too.
    package static func float(fp16Bits bits: UInt16) -> Float {
        let sign = UInt32(bits & 0x8000) << 16
        let exponent = UInt32(bits >> 10) & 0x1f
        let mantissa = UInt32(bits & 0x3ff)
        switch exponent {
        case 0x1f: return Float(bitPattern: sign | 0x7f80_0000 | mantissa << 13)
        case 0:
            let magnitude = Float(mantissa) * 0x1p-24
            return sign == 0 ? magnitude : -magnitude
        default: return Float(bitPattern: sign | (exponent + 112) << 23 | mantissa << 13)
        }
    }

    /// The bits of the bfloat16 number nearest to `value`.
    package static func bf16Bits(_ value: Float) -> UInt16 {
        let bits = value.bitPattern
        if value.isNaN { return UInt16(truncatingIfNeeded: bits >> 16) | 0x0040 }
        return UInt16(truncatingIfNeeded: roundedToEven(bits >> 16, rest: bits & 0xffff, half: 0x8000))
    }

    /// The value of bfloat16 bits.
    package static func float(bf16Bits bits: UInt16) -> Float { Float(bitPattern: UInt32(bits) << 16) }

    /// The bits of the binary16 number nearest to `value`, rounded once.
    package static func fp16Bits(rounding value: Double) -> UInt16 { fp16Bits(roundedToOdd(value)) }

    /// The bits of the bfloat16 number nearest to `value`, rounded once.
    package static func bf16Bits(rounding value: Double) -> UInt16 { bf16Bits(roundedToOdd(value)) }

    /// A 32-bit float that still tells on which side of every 16-bit half-way point `value` lies: cut off towards zero,
    /// and its last bit set when anything was cut (Boldo and Melquiond, "Emulation of FMA and correctly rounded sums").
    private static func roundedToOdd(_ value: Double) -> Float {
        let nearest = Float(value)
        guard nearest.isFinite, Double(nearest) != value else { return nearest }
        let isAway = Double(nearest).magnitude > value.magnitude
        return Float(bitPattern: (isAway ? nearest.bitPattern &- 1 : nearest.bitPattern) | 1)
    }

    private static func roundedToEven(_ base: UInt32, rest: UInt32, half: UInt32) -> UInt32 {
        if rest > half || (rest == half && base & 1 == 1) { return base &+ 1 }
        return base
    }
}
