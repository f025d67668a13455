import Serving

/// How what a watch knows is written: numbers as varints or eight bytes, lists with their length before them. Whatever is
/// read may be anything: it is checked before something is made of it.
extension RecordCursor {
    /// A number of things, of which there are never more than `most`.
    mutating func count(atMost most: Int) throws(MalformedRecord) -> Int {
        let count = try varint()
        guard count <= UInt64(most) else { throw MalformedRecord("\(count) things where there are \(most) at most") }
        return Int(count)
    }

    /// Rows or values that were counted, as whole numbers.
    mutating func tally() throws(MalformedRecord) -> Int { try count(atMost: 1 << 50) }

    /// Rows or values that were counted, as a number of its own.
    mutating func amount() throws(MalformedRecord) -> Double {
        let amount = try double()
        guard amount >= 0, amount <= 0x1p50 else { throw MalformedRecord("an amount of \(amount)") }
        return amount
    }

    mutating func finite() throws(MalformedRecord) -> Double {
        let value = try double()
        guard value.isFinite else { throw MalformedRecord("a number that is not finite") }
        return value
    }

    mutating func finites(atMost most: Int) throws(MalformedRecord) -> [Double] {
        var values: [Double] = []
        for _ in 0..<(try count(atMost: most)) { values.append(try finite()) }
        return values
    }

    mutating func amounts(atMost most: Int) throws(MalformedRecord) -> [Double] {
        var values: [Double] = []
        for _ in 0..<(try count(atMost: most)) { values.append(try amount()) }
        guard values.reduce(0, +) <= 0x1p50 else { throw MalformedRecord("amounts beyond all bounds") }
        return values
    }

    mutating func flag() throws(MalformedRecord) -> Bool { try next(UInt8.self) != 0 }

    mutating func text(atMost most: Int) throws(MalformedRecord) -> String {
        String(decoding: try bytes(try count(atMost: most)), as: UTF8.self)
    }

    mutating func one<Value: RawRepresentable<UInt8>>(of type: Value.Type) throws(MalformedRecord) -> Value {
        let number = try next(UInt8.self)
        guard let value = Value(rawValue: number) else { throw MalformedRecord("\(type) \(number)") }
        return value
    }

    mutating func optionalDouble() throws(MalformedRecord) -> Double? { try flag() ? try double() : nil }
}

extension RecordBytes {
    func writeCount(_ count: Int) { writeVarint(UInt64(max(0, count))) }

    func writeFlag(_ flag: Bool) { write(UInt8(flag ? 1 : 0)) }

    func writeList(_ values: [Double]) {
        writeCount(values.count)
        for value in values { write(value) }
    }

    func writeShort(_ text: String) {
        var text = text
        text.withUTF8 { utf8 in
            writeCount(utf8.count)
            write(UnsafeRawBufferPointer(utf8))
        }
    }

    func writeOptional(_ value: Double?) {
        writeFlag(value != nil)
        if let value { write(value) }
    }
}
