/// The Huffman code of RFC 7541 appendix B. It is canonical, so the lengths of its codes say all of it.
struct HuffmanCode: Sendable {
    static let hpack = HuffmanCode()

    /// Bits of each symbol's code; the last one is the end of string, which no string may contain.
    private static let lengths: [UInt8] = [
        13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28,
        28, 28, 28, 28, 28, 28, 28, 28, 6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6,
        5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10, 13, 6, 7, 7, 7, 7, 7, 7,
        7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6,
        15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5, 6, 7, 6, 5, 5, 6, 7, 7,
        7, 7, 7, 15, 11, 14, 13, 28, 20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23,
        24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24, 22, 21, 20, 22, 22, 23, 23, 21,
        23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
        26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25, 19, 21, 26, 27, 27, 26, 27, 24,
        21, 21, 26, 26, 28, 27, 27, 27, 20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23,
        26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26, 30,
    ]
    private static let endOfString: UInt16 = 256
    private static let longest = 30
    /// Codes of these many bits and fewer are found with one look.
    private static let prefixBits = 9

    /// By the next `prefixBits` bits: symbol << 4 | length, or 0 when the code is longer.
    private let short: [UInt16]
    /// By length: the first code of that length, aligned to the left of 32 bits, and where its symbols begin.
    private let firstCodes: [UInt32]
    private let firstSymbols: [Int]
    /// All symbols in the order of their codes.
    private let symbols: [UInt16]

    private init() {
        var symbols: [UInt16] = []
        var firstCodes: [UInt32] = []
        var firstSymbols: [Int] = []
        var short = [UInt16](repeating: 0, count: 1 << Self.prefixBits)
        var code: UInt32 = 0
        for length in 0...Self.longest {
            code <<= 1
            firstCodes.append(length == 0 ? 0 : code << UInt32(32 - length))
            firstSymbols.append(symbols.count)
            for symbol in Self.lengths.indices where Int(Self.lengths[symbol]) == length {
                if length <= Self.prefixBits {
                    let start = Int(code) << (Self.prefixBits - length)
                    for index in start..<start + 1 << (Self.prefixBits - length) {
                        short[index] = UInt16(symbol) << 4 | UInt16(length)
                    }
                }
                symbols.append(UInt16(symbol))
                code += 1
            }
        }
        self.symbols = symbols
        self.firstCodes = firstCodes
        self.firstSymbols = firstSymbols
        self.short = short
    }

    /// Appends what `bytes` stand for. False when they are no such string: a code that means the end of string, or
    /// padding that is longer than seven bits or not all ones (RFC 7541 section 5.2).
    func decode(_ bytes: UnsafeRawBufferPointer, into output: inout [UInt8]) -> Bool {
        var bits: UInt64 = 0
        var count = 0
        var position = 0
        while true {
            while count <= 56, position < bytes.count {
                bits |= UInt64(bytes[position]) << UInt64(56 - count)
                count += 8
                position += 1
            }
            // Padding and nothing else: what follows the given bits is made to look like more of it.
            if count < 8, position == bytes.count, bits | UInt64.max >> UInt64(count) == .max { return true }
            let (symbol, length) = next(UInt32(truncatingIfNeeded: bits >> 32))
            guard length > 0, length <= count, symbol != Self.endOfString else { return false }
            output.append(UInt8(truncatingIfNeeded: symbol))
            bits <<= UInt64(length)
            count -= length
        }
    }

    /// The symbol whose code begins `bits`, and the length of that code; 0 when there is none.
    private func next(_ bits: UInt32) -> (symbol: UInt16, length: Int) {
        let entry = short[Int(bits >> UInt32(32 - Self.prefixBits))]
        if entry != 0 { return (entry >> 4, Int(entry & 15)) }
        var length = Self.prefixBits + 1
        // Codes of one length end where those of the next begin.
        while length < Self.longest, bits >= firstCodes[length + 1] { length += 1 }
        let index = firstSymbols[length] + Int((bits &- firstCodes[length]) >> UInt32(32 - length))
        return index < symbols.count ? (symbols[index], length) : (0, 0)
    }
}
