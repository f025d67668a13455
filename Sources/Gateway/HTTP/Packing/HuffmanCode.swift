/// A canonical Huffman code by the lengths of its words (RFC 1951 section 3.2.2). Making one costs no more than its number of
/// symbols, so that a body of many small blocks costs no more than its size.
struct HuffmanCode {
    private static let longest = 15

    /// How many words there are of each length.
    private var counts = [UInt16](repeating: 0, count: longest + 1)
    /// Symbols in the order of their words.
    private var symbols: [UInt16]

    /// - Parameter lengths: of each symbol's word; 0 for symbols without one.
    /// - Parameter mayBeIncomplete: whether there may be words without a symbol, which is allowed where only one symbol is used.
    init(_ lengths: ArraySlice<UInt8>, mayBeIncomplete: Bool) throws(PackedBodyError) {
        for length in lengths { counts[Int(min(length, 15))] += 1 }
        symbols = [UInt16](repeating: 0, count: lengths.count)
        var free = 1
        for length in 1...Self.longest {
            free = free << 1 - Int(counts[length])
            guard free >= 0 else { throw .malformed("has a code with more words than fit") }
        }
        let used = lengths.count - Int(counts[0])
        guard free == 0 || (mayBeIncomplete && used <= 1) else { throw .malformed("has a code with unused words") }
        var offsets = [Int](repeating: 0, count: Self.longest + 2)
        for length in 1...Self.longest { offsets[length + 1] = offsets[length] + Int(counts[length]) }
        for (symbol, length) in lengths.enumerated() where length > 0 {
            symbols[offsets[Int(length)]] = UInt16(truncatingIfNeeded: symbol)
            offsets[Int(length)] += 1
        }
        counts[0] = 0
    }

    func symbol(_ reader: inout BitReader) throws(PackedBodyError) -> Int {
        var code = 0
        var first = 0
        var index = 0
        for length in 1...Self.longest {
            code |= try reader.bits(1)
            let count = Int(counts[length])
            if code - first < count { return Int(symbols[index + code - first]) }
            index += count
            first = (first + count) << 1
            code <<= 1
        }
        throw .malformed("has a word that is in no code")
    }
}
