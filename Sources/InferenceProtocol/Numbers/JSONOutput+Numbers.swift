extension JSONOutput {
    /// The most that any number takes while it is being written: a sign, 17 digits, a point and zeros or an exponent, or
    /// a quoted `-Infinity`; and 16 bytes behind it that are written as a whole and then again.
    static let numberBound = 44

    @inline(__always)
    mutating func integer<Integer: FixedWidthInteger>(_ value: Integer) {
        if Integer.isSigned, value < 0 {
            byte(UInt8(ascii: "-"))
            digits(UInt64(value.magnitude))
        } else {
            digits(UInt64(truncatingIfNeeded: value))
        }
    }

    @inline(__always)
    mutating func digits(_ value: UInt64) {
        guard value >= 10 else { return byte(UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: value)) }
        let count = digitCount(value)
        Self.write(value, count, to: at)
        at += count
    }

    /// The shortest digits that read back as the same number, always with a point or an exponent.
    @inline(__always)
    mutating func float(_ value: Float, bareSpecials: Bool) {
        guard value.isFinite else { return special(Double(value), bare: bareSpecials) }
        if value.sign == .minus { byte(UInt8(ascii: "-")) }
        guard value != 0 else { return text("0.0") }
        decimal(ShortestDecimal(value.magnitude, powers).trimmed)
    }

    @inline(__always)
    mutating func float(_ value: Double, bareSpecials: Bool) {
        guard value.isFinite else { return special(value, bare: bareSpecials) }
        guard let decimal = ShortestDecimal(value.magnitude, powers) else { return uncommon(value) }
        if value.sign == .minus { byte(UInt8(ascii: "-")) }
        self.decimal(decimal.trimmed)
    }

    /// Zeros, and magnitudes beyond the table of powers: Swift's own digits are the shortest too.
    @inline(never)
    private mutating func uncommon(_ value: Double) {
        for unit in value.description.utf8 { byte(unit) }
    }

    /// JSON has no words for these. As strings they stay valid JSON, and numpy, Protocol Buffers and we read them back;
    /// bare, they are what Python's `json` and TensorFlow Serving write.
    @inline(never)
    private mutating func special(_ value: Double, bare: Bool) {
        if !bare { byte(UInt8(ascii: "\"")) }
        if value.isNaN {
            text("NaN")
        } else {
            if value < 0 { byte(UInt8(ascii: "-")) }
            text("Infinity")
        }
        if !bare { byte(UInt8(ascii: "\"")) }
    }

    @inline(__always)
    private mutating func decimal(_ value: ShortestDecimal) {
        let count = digitCount(value.digits)
        // Digits before the point; none or less means zeros behind it.
        let point = count + value.exponent
        if value.exponent >= 0, point <= 16 {
            Self.write(value.digits, count, to: at)
            at += count
            for _ in 0..<value.exponent { byte(UInt8(ascii: "0")) }
            text(".0")
        } else if point > 0, point <= 16 {
            // Written without the point, then the digits behind it, 16 at most, moved to make room.
            Self.write(value.digits, count, to: at)
            let fraction = UnsafeMutableRawPointer(at + point)
            let digits = fraction.loadUnaligned(as: SIMD2<UInt64>.self)
            (fraction + 1).storeBytes(of: digits, as: SIMD2<UInt64>.self)
            at[point] = UInt8(ascii: ".")
            at += count + 1
        } else if point <= 0, point >= -4 {
            text("0.")
            for _ in 0..<(-point) { byte(UInt8(ascii: "0")) }
            Self.write(value.digits, count, to: at)
            at += count
        } else {
            scientific(value.digits, count, exponent: point - 1)
        }
    }

    private mutating func scientific(_ value: UInt64, _ count: Int, exponent: Int) {
        if count == 1 {
            byte(UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: value))
        } else {
            Self.write(value, count, to: at + 1)
            at[0] = at[1]
            at[1] = UInt8(ascii: ".")
            at += count + 1
        }
        byte(UInt8(ascii: "e"))
        integer(exponent)
    }

    @inline(__always)
    private func digitCount(_ value: UInt64) -> Int {
        // log10 from log2, one too small at most.
        let guess = ((64 - (value | 1).leadingZeroBitCount) * 1233) >> 12
        return guess + (value >= powers.whole[guess] ? 1 : 0)
    }

    /// Writes exactly `count` digits, and up to seven bytes of no meaning behind them.
    @inline(__always)
    private static func write(_ value: UInt64, _ count: Int, to target: UnsafeMutablePointer<UInt8>) {
        guard count > 8 else { return writeEight(value, count, to: target) }
        let (high, low) = value.quotientAndRemainder(dividingBy: 100_000_000)
        if count > 16 {
            let (highest, middle) = high.quotientAndRemainder(dividingBy: 100_000_000)
            writeEight(highest, count - 16, to: target)
            writeEight(middle, 8, to: target + (count - 16))
        } else {
            writeEight(high, count - 8, to: target)
        }
        writeEight(low, 8, to: target + (count - 8))
    }

    /// The last `count` of the eight digits of `value`, all in one word: split into fours, pairs and single digits.
    @inline(__always)
    private static func writeEight(_ value: UInt64, _ count: Int, to target: UnsafeMutablePointer<UInt8>) {
        let high = value / 10_000
        let fours = high | (value &- high &* 10_000) &<< 32
        let hundreds = ((fours &* 10_486) &>> 20) & 0x0000_007f_0000_007f
        let pairs = hundreds | (fours &- hundreds &* 100) &<< 16
        let tens = ((pairs &* 103) &>> 10) & 0x000f_000f_000f_000f
        let digits = tens | (pairs &- tens &* 10) &<< 8
        let text = (digits | 0x3030_3030_3030_3030) &>> UInt64(truncatingIfNeeded: 64 &- 8 &* count)
        UnsafeMutableRawPointer(target).storeBytes(of: text.littleEndian, as: UInt64.self)
    }
}
