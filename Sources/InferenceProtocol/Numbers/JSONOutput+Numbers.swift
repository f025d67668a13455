extension JSONOutput {
    /// The most that any number takes: a sign, 17 digits, a point and zeros or an exponent; or a quoted `-Infinity`.
    static let numberBound = 26

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
        let count = Self.digitCount(value)
        Self.write(value, count, to: at)
        at += count
    }

    /// The shortest digits that read back as the same number, always with a point or an exponent.
    @inline(__always)
    mutating func float(_ value: Float, bareSpecials: Bool) {
        guard value.isFinite else { return special(Double(value), bare: bareSpecials) }
        if value.sign == .minus { byte(UInt8(ascii: "-")) }
        guard value != 0 else { return text("0.0") }
        decimal(ShortestDecimal(value.magnitude).trimmed)
    }

    @inline(__always)
    mutating func float(_ value: Double, bareSpecials: Bool) {
        guard value.isFinite else { return special(value, bare: bareSpecials) }
        guard let decimal = ShortestDecimal(value.magnitude) else { return uncommon(value) }
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
        let count = Self.digitCount(value.digits)
        // Digits before the point; none or less means zeros behind it.
        let point = count + value.exponent
        if value.exponent >= 0, point <= 16 {
            Self.write(value.digits, count, to: at)
            at += count
            for _ in 0..<value.exponent { byte(UInt8(ascii: "0")) }
            text(".0")
        } else if point > 0, point <= 16 {
            // Written one place to the right, then the digits before the point moved back.
            Self.write(value.digits, count, to: at + 1)
            at.update(from: at + 1, count: point)
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
    private static func digitCount(_ value: UInt64) -> Int {
        // log10 from log2, one too small at most.
        let guess = ((64 - (value | 1).leadingZeroBitCount) * 1233) >> 12
        return guess + (value >= wholePowers[guess] ? 1 : 0)
    }

    /// 10^0 to 10^19.
    nonisolated(unsafe) private static let wholePowers: UnsafePointer<UInt64> = {
        let table = UnsafeMutablePointer<UInt64>.allocate(capacity: 20)
        var power: UInt64 = 1
        for index in 0..<20 {
            (table + index).initialize(to: power)
            power = power &* 10
        }
        return UnsafePointer(table)
    }()

    /// Every number below 100 in two digits.
    private static let pairs: StaticString = """
        0001020304050607080910111213141516171819\
        2021222324252627282930313233343536373839\
        4041424344454647484950515253545556575859\
        6061626364656667686970717273747576777879\
        8081828384858687888990919293949596979899
        """

    /// Writes exactly `count` digits.
    @inline(__always)
    private static func write(_ value: UInt64, _ count: Int, to target: UnsafeMutablePointer<UInt8>) {
        let table = pairs.utf8Start
        var rest = value
        var place = count
        while place >= 2 {
            place -= 2
            let quotient = rest / 100
            let pair = 2 * Int(truncatingIfNeeded: rest &- quotient &* 100)
            target[place] = table[pair]
            target[place + 1] = table[pair + 1]
            rest = quotient
        }
        if place == 1 { target[0] = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: rest % 10) }
    }
}
