import Testing

@testable import Tensors

@Suite struct HalfPrecisionTests {
    /// The value that the binary16 format of IEEE 754 gives these bits.
    static func value(fp16 bits: UInt16) -> Double {
        let sign = bits >> 15 == 1 ? -1.0 : 1.0
        let exponent = Int(bits >> 10 & 0x1f)
        let fraction = Double(bits & 0x3ff) / 1024
        func power(_ exponent: Int) -> Double { Double(sign: .plus, exponent: exponent, significand: 1) }
        switch exponent {
        case 0: return sign * fraction * power(-14)
        case 31: return fraction == 0 ? sign * .infinity : .nan
        default: return sign * (1 + fraction) * power(exponent - 15)
        }
    }

    @Test func `every FP16 bit pattern has its value, and the value its bits`() {
        var wrong: [UInt16] = []
        for bits in UInt16.min...UInt16.max {
            let expected = Self.value(fp16: bits)
            let found = HalfPrecision.float(fp16Bits: bits)
            if expected.isNaN {
                if !found.isNaN || HalfPrecision.fp16Bits(found) & 0x7fff <= 0x7c00 { wrong.append(bits) }
            } else if Double(found).bitPattern != expected.bitPattern || HalfPrecision.fp16Bits(found) != bits
                || HalfPrecision.fp16Bits(rounding: expected) != bits
            {
                wrong.append(bits)
            }
        }
        #expect(wrong.isEmpty, "\(wrong.prefix(8))")
    }

    @Test func `every BF16 bit pattern is the upper half of an FP32 and comes back`() {
        var wrong: [UInt16] = []
        for bits in UInt16.min...UInt16.max {
            let found = HalfPrecision.float(bf16Bits: bits)
            if found.bitPattern != UInt32(bits) << 16 { wrong.append(bits) }
            let back = HalfPrecision.bf16Bits(found)
            if found.isNaN ? back & 0x7fff <= 0x7f80 : back != bits { wrong.append(bits) }
            if !found.isNaN, HalfPrecision.bf16Bits(rounding: Double(found)) != bits { wrong.append(bits) }
        }
        #expect(wrong.isEmpty, "\(wrong.prefix(8))")
    }

    /// Between two neighbours the half-way point goes to the even one, and a hair beside it decides.
    @Test func `between two neighbours FP16 rounds to the nearer, half-way to the even`() {
        var wrong: [UInt16] = []
        for bits in UInt16(0)..<0x7bff {
            let (low, high) = (Self.value(fp16: bits), Self.value(fp16: bits + 1))
            let middle = (low + high) / 2
            let even = bits & 1 == 0 ? bits : bits + 1
            if HalfPrecision.fp16Bits(rounding: middle) != even { wrong.append(bits) }
            if HalfPrecision.fp16Bits(rounding: middle.nextUp) != bits + 1 { wrong.append(bits) }
            if HalfPrecision.fp16Bits(rounding: middle.nextDown) != bits { wrong.append(bits) }
            if HalfPrecision.fp16Bits(Float(middle)) != even { wrong.append(bits) }
            if HalfPrecision.fp16Bits(rounding: -middle.nextUp) != bits + 1 | 0x8000 { wrong.append(bits) }
        }
        #expect(wrong.isEmpty, "\(wrong.prefix(8))")
    }

    @Test func `rounding once differs from rounding twice`() {
        // Just above half-way between 1 and the next FP16; in FP32 the hair is lost.
        let value = 1 + 0x1p-11 + 0x1p-40
        #expect(HalfPrecision.fp16Bits(Float(value)) == 0x3c00)
        #expect(HalfPrecision.fp16Bits(rounding: value) == 0x3c01)
        let brain = 1 + 0x1p-8 + 0x1p-40
        #expect(HalfPrecision.bf16Bits(Float(brain)) == 0x3f80)
        #expect(HalfPrecision.bf16Bits(rounding: brain) == 0x3f81)
    }

    @Test(
        arguments: [
            (65504, 0x7bff), (65519.99, 0x7bff), (65520, 0x7c00), (1e300, 0x7c00), (-1e300, 0xfc00),
            (.infinity, 0x7c00),
            (0x1p-24, 0x0001), (0x1p-25, 0x0000), (0x1.8p-25, 0x0001), (1e-300, 0x0000), (-0.0, 0x8000),
        ] as [(Double, UInt16)])
    func `the edges of FP16`(value: Double, bits: UInt16) {
        #expect(HalfPrecision.fp16Bits(rounding: value) == bits)
    }
}
