/// Unpacks a deflate stream (RFC 1951) into memory of a bounded size.
struct Inflate {
    private static let lengthBases = [
        3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227,
        258,
    ]
    private static let lengthBits: [UInt32] = [
        0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0,
    ]
    private static let distanceBases = [
        1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097,
        6145,
        8193, 12289, 16385, 24577,
    ]
    private static let distanceBits: [UInt32] = [
        0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13,
    ]
    /// The order in which a block's head gives the lengths of the code that its lengths are written in.
    private static let order = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]

    private var reader: BitReader
    private let limit: Int
    private var output: [UInt8] = []

    private init(_ bytes: UnsafeRawBufferPointer, from position: Int, limit: Int) {
        reader = BitReader(bytes, from: position)
        self.limit = limit
    }

    /// - Returns: what was packed, and the position in `bytes` behind the stream.
    static func unpack(
        _ bytes: UnsafeRawBufferPointer, from position: Int, limit: Int
    ) throws(PackedBodyError) -> (output: [UInt8], end: Int) {
        var inflate = Inflate(bytes, from: position, limit: limit)
        while try inflate.block() {}
        return (inflate.output, inflate.reader.position)
    }

    /// One block; false when it was the last.
    private mutating func block() throws(PackedBodyError) -> Bool {
        let isLast = try reader.bits(1) == 1
        switch try reader.bits(2) {
        case 0: try stored()
        case 1: try compressed(Self.fixed.get())
        case 2: try compressed(dynamic())
        default: throw .malformed("has a block of an unknown kind")
        }
        return !isLast
    }

    private mutating func stored() throws(PackedBodyError) {
        reader.alignToByte()
        let head = try reader.take(4)
        let length = Int(head[0]) | Int(head[1]) << 8
        guard length ^ 0xffff == Int(head[2]) | Int(head[3]) << 8 else {
            throw .malformed("has a block whose length is damaged")
        }
        try makeRoom(length)
        output.append(contentsOf: try reader.take(length))
    }

    /// Made once: a block in this code can be as short as ten bits.
    private static let fixed = Result<(HuffmanCode, HuffmanCode), PackedBodyError> { () throws(PackedBodyError) in
        var lengths = [UInt8](repeating: 8, count: 288)
        for symbol in 144..<256 { lengths[symbol] = 9 }
        for symbol in 256..<280 { lengths[symbol] = 7 }
        let distances = [UInt8](repeating: 5, count: 32)
        return (
            try HuffmanCode(lengths[...], mayBeIncomplete: false),
            try HuffmanCode(distances[...], mayBeIncomplete: false)
        )
    }

    private mutating func dynamic() throws(PackedBodyError) -> (HuffmanCode, HuffmanCode) {
        let literals = try reader.bits(5) + 257
        let distances = try reader.bits(5) + 1
        let given = try reader.bits(4) + 4
        var codeLengths = [UInt8](repeating: 0, count: 19)
        for index in 0..<given { codeLengths[Self.order[index]] = UInt8(try reader.bits(3)) }
        let code = try HuffmanCode(codeLengths[...], mayBeIncomplete: false)
        var lengths: [UInt8] = []
        while lengths.count < literals + distances {
            let symbol = try code.symbol(&reader)
            let (value, times): (UInt8, Int)
            switch symbol {
            case ..<16: (value, times) = (UInt8(symbol), 1)
            case 16:
                guard let last = lengths.last else { throw .malformed("repeats a length before the first") }
                (value, times) = (last, try reader.bits(2) + 3)
            case 17: (value, times) = (0, try reader.bits(3) + 3)
            default: (value, times) = (0, try reader.bits(7) + 11)
            }
            lengths.append(contentsOf: repeatElement(value, count: times))
        }
        guard lengths.count == literals + distances, lengths[256] > 0 else {
            throw .malformed("has a block whose codes are damaged")
        }
        return (
            try HuffmanCode(lengths[..<literals], mayBeIncomplete: true),
            try HuffmanCode(lengths[literals...], mayBeIncomplete: true)
        )
    }

    private mutating func compressed(_ codes: (literals: HuffmanCode, distances: HuffmanCode)) throws(PackedBodyError) {
        while true {
            let symbol = try codes.literals.symbol(&reader)
            if symbol < 256 {
                try makeRoom(1)
                output.append(UInt8(symbol))
            } else if symbol == 256 {
                return
            } else {
                try copy(lengthSymbol: symbol - 257, codes.distances)
            }
        }
    }

    /// A piece of what was unpacked before, once more.
    private mutating func copy(lengthSymbol: Int, _ distances: HuffmanCode) throws(PackedBodyError) {
        guard lengthSymbol < Self.lengthBases.count else { throw .malformed("has an unknown length") }
        let length = Self.lengthBases[lengthSymbol] + (try reader.bits(Self.lengthBits[lengthSymbol]))
        let distanceSymbol = try distances.symbol(&reader)
        guard distanceSymbol < Self.distanceBases.count else { throw .malformed("has an unknown distance") }
        let distance = Self.distanceBases[distanceSymbol] + (try reader.bits(Self.distanceBits[distanceSymbol]))
        guard distance <= output.count else { throw .malformed("refers to bytes before its beginning") }
        try makeRoom(length)
        let start = output.count - distance
        for index in 0..<length { output.append(output[start + index]) }
    }

    private func makeRoom(_ count: Int) throws(PackedBodyError) {
        guard count <= limit - output.count else { throw .tooLarge }
    }
}
