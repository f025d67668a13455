import Testing

@testable import InferenceProtocol

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

@Suite struct NumberTests {
    static func parse(_ text: String) -> Double? {
        var bytes = Array(text.utf8)
        return bytes.withUnsafeMutableBufferPointer { buffer -> Double? in
            guard let base = buffer.baseAddress else { return nil }
            var place = UnsafePointer(base)
            let end = place + buffer.count
            guard let number = JSONNumber.scan(&place, end, .shared), place == end else { return nil }
            return number.double(writtenFrom: UnsafePointer(base), to: end, .shared)
        }
    }

    static func written(_ write: (inout JSONOutput) -> Void) -> String {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 64) { space in
            guard let base = space.baseAddress else { return "" }
            var output = JSONOutput(at: base)
            write(&output)
            precondition(output.at - base <= JSONOutput.numberBound)
            return String(decoding: UnsafeBufferPointer(start: base, count: output.at - base), as: UTF8.self)
        }
    }

    static let hard = [
        "0", "-0", "0.0", "0e999999999999", "1", "9007199254740992", "9007199254740993", "9007199254740991.5",
        "9007199254740993.0000000000000000000000001", "18446744073709551615", "18446744073709551616",
        "99999999999999999999", "2.2250738585072011e-308", "2.2250738585072014e-308", "4.9406564584124654e-324",
        "2.4703282292062327e-324", "2.4703282292062328e-324", "1.7976931348623157e308", "1.7976931348623158e308",
        "1.7976931348623159e308", "1e309", "1e-400", "1e23", "8.5e22", "6.02214076e23", "0.1", "0.3", "1e22", "1e-22",
        "123456789012345678e-17", "7.2057594037927933e16", "3.14159265358979323846264338327950288419716939937510582",
        "5e-55", "5e55", "1e56", "1e-56", "1234567890123456789e37",
        "0.000000000000000000000000000000000000000012345678",
        "100000000000000016777215", "100000000000000016777216", "9214843084008499", "8.41e21", "9.5367431640625e-07",
    ]

    @Test(arguments: hard)
    func `a hard decimal reads as strtod reads it`(text: String) throws {
        #expect(try #require(Self.parse(text)).bitPattern == strtod(text, nil).bitPattern)
    }

    @Test func `decimals of every kind read as strtod reads them`() {
        var random = SeededRandom(seed: 1)
        var wrong: [String] = []
        for _ in 0..<(isOptimized ? 1_000_000 : 60_000) {
            let text = Self.randomDecimal(&random)
            if Self.parse(text)?.bitPattern != strtod(text, nil).bitPattern { wrong.append(text) }
        }
        #expect(wrong.isEmpty, "\(wrong.prefix(5))")
    }

    /// Digits with a point somewhere, floats as Swift prints them, and floats widened as Python's clients do.
    static func randomDecimal(_ random: inout SeededRandom) -> String {
        switch random.next() % 4 {
        case 0:
            let digits = String(random.next() >> (random.next() % 64))
            let place = Int(random.next() % UInt64(digits.count)) + 1
            let rest = digits.dropFirst(place)
            return digits.prefix(place) + (rest.isEmpty ? "" : "." + rest) + "e\(Int(random.next() % 700) - 350)"
        case 1: return Double(Float(bitPattern: UInt32(random.next() % 0x7f80_0000))).description
        case 2: return Double(bitPattern: random.next() % 0x7ff0_0000_0000_0000).description
        default: return Double(Float.random(in: -10...10, using: &random)).description
        }
    }

    @Test(arguments: ["", "-", "+1", "1.", ".5", "1e", "1e+", "0x1", "1_0", "--1", "1e5.5", "01", "٣"])
    func `what is no JSON number is not read`(text: String) { #expect(Self.parse(text) == nil) }

    @Test func `floats are written with the fewest digits and read back the same`() {
        var random = SeededRandom(seed: 2)
        var wrong: [String] = []
        for index in 0..<(isOptimized ? 2_000_000 : 40_000) {
            // Every power of two and its neighbours first: their gaps are uneven.
            let bits =
                index < 254 * 3
                ? UInt32(index / 3 + 1) << 23 &+ UInt32(index % 3) &- 1 : UInt32(random.next() % 0x7f80_0000)
            let value = Float(bitPattern: bits)
            let text = Self.written { $0.float(value, bareSpecials: false) }
            if Float(text)?.bitPattern != bits || Self.digits(text) != Self.digits(value.description) {
                wrong.append("\(text) for \(value)")
            }
        }
        #expect(wrong.isEmpty, "\(wrong.prefix(5))")
    }

    @Test func `64-bit floats are written with the fewest digits and read back the same`() {
        var random = SeededRandom(seed: 3)
        var wrong: [String] = []
        for index in 0..<(isOptimized ? 2_000_000 : 40_000) {
            let value: Double =
                switch index {
                case 0..<2046: Double(bitPattern: UInt64(index + 1) << 52)
                case 2046..<20_000: Double(bitPattern: random.next() % 0x7ff0_0000_0000_0000)
                default: Double.random(in: 0...1, using: &random) * (index % 2 == 0 ? 1 : 1e12)
                }
            let text = Self.written { $0.float(value, bareSpecials: false) }
            if Double(text)?.bitPattern != value.bitPattern || Self.digits(text) != Self.digits(value.description) {
                wrong.append("\(text) for \(value)")
            }
        }
        #expect(wrong.isEmpty, "\(wrong.prefix(5))")
    }

    /// The significant digits alone.
    static func digits(_ text: String) -> String {
        var kept = text.prefix { $0 != "e" }.filter(\.isNumber).drop { $0 == "0" }
        while kept.last == "0" { kept.removeLast() }
        return String(kept)
    }

    @Test(arguments: [
        (0.0, "0.0"), (-0.0, "-0.0"), (1, "1.0"), (-1.5, "-1.5"), (100, "100.0"), (0.0001, "0.0001"),
        (0.00001, "0.00001"), (0.000001, "1e-6"), (1.25e-7, "1.25e-7"), (1e15, "1000000000000000.0"), (1e16, "1e16"),
        (1.5e16, "1.5e16"), (1e300, "1e+300"), (.leastNonzeroMagnitude, "5e-324"), (123456.789, "123456.789"),
        (0.1, "0.1"),
        (1e22, "1e22"), (.nan, "\"NaN\""), (.infinity, "\"Infinity\""), (-.infinity, "\"-Infinity\""),
    ])
    func `floats are written as JSON`(value: Double, text: String) {
        #expect(Self.written { $0.float(value, bareSpecials: false) } == text)
    }

    @Test func `integers are written in full`() {
        #expect(Self.written { $0.integer(Int64.min) } == "-9223372036854775808")
        #expect(Self.written { $0.integer(UInt64.max) } == "18446744073709551615")
        #expect(Self.written { $0.integer(Int8.min) } == "-128")
        var power: UInt64 = 1
        for _ in 0..<20 {
            for value in [power &- 1, power, power &+ 1] { #expect(Self.written { $0.integer(value) } == "\(value)") }
            power = power &* 10
        }
    }
}
