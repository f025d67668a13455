/// Decodes header blocks (RFC 7541). One for each connection: blocks build on those before them.
struct HeaderDecoder {
    /// Bytes of a header list, counted as `HeaderList.size` does, and its lines.
    let listLimit: Int
    let lineLimit: Int
    private(set) var table: HeaderTable
    /// One line on its way into the list.
    private var line: [UInt8] = []

    init(tableSize: Int, listLimit: Int, lineLimit: Int) {
        self.listLimit = listLimit
        self.lineLimit = lineLimit
        self.table = HeaderTable(allowed: tableSize)
    }

    /// Decodes a whole block.
    ///
    /// - Returns: `nil` when the list is larger than the limits; the block is decoded all the same, so that the next
    ///   one means what it says.
    mutating func decode(_ block: UnsafeRawBufferPointer) throws(HTTP2Fault) -> HeaderList? {
        var cursor = BlockCursor(block)
        var list = HeaderList()
        var fits = true
        var mayResize = true
        while let first = cursor.peek() {
            if first & 0xe0 == 0x20 {
                // Size updates come before the first line (section 4.2).
                guard mayResize, table.resize(try cursor.integer(prefix: 5)) else { throw .badHeaderBlock }
                continue
            }
            mayResize = false
            let nameLength: Int
            if first & 0x80 != 0 {
                guard let entry = table[try cursor.integer(prefix: 7)] else { throw .badHeaderBlock }
                if hasRoom(list, entry.bytes.count, &fits) {
                    list.append(entry.bytes[...], nameLength: entry.nameLength)
                }
                continue
            } else if first & 0xc0 == 0x40 {
                nameLength = try literal(&cursor, prefix: 6)
                table.insert(HeaderTable.Entry(bytes: line, nameLength: nameLength))
            } else {
                nameLength = try literal(&cursor, prefix: 4)
            }
            if hasRoom(list, line.count, &fits) { list.append(line[...], nameLength: nameLength) }
        }
        return fits ? list : nil
    }

    /// Whether a line of `length` bytes still fits; once one does not, none does.
    private func hasRoom(_ list: HeaderList, _ length: Int, _ fits: inout Bool) -> Bool {
        if list.count >= lineLimit || list.size + length + HeaderTable.overhead > listLimit { fits = false }
        return fits
    }

    /// Reads a literal line into `line`; returns the length of its name.
    private mutating func literal(_ cursor: inout BlockCursor, prefix: Int) throws(HTTP2Fault) -> Int {
        line.removeAll(keepingCapacity: true)
        let index = try cursor.integer(prefix: prefix)
        if index == 0 {
            try cursor.string(into: &line)
        } else {
            guard let entry = table[index] else { throw .badHeaderBlock }
            line += entry.bytes[..<entry.nameLength]
        }
        let nameLength = line.count
        try cursor.string(into: &line)
        return nameLength
    }
}

/// Reads the integers and strings of a header block.
private struct BlockCursor {
    private let bytes: UnsafeRawBufferPointer
    private var position = 0

    init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
    }

    func peek() -> UInt8? { position < bytes.count ? bytes[position] : nil }

    /// RFC 7541 section 5.1: the rest of this byte behind a `prefix`-bit number, and further bytes for what is larger.
    mutating func integer(prefix: Int) throws(HTTP2Fault) -> Int {
        let mask = UInt8(truncatingIfNeeded: 1 << prefix - 1)
        guard position < bytes.count else { throw .badHeaderBlock }
        let first = bytes[position] & mask
        position += 1
        if first < mask { return Int(first) }
        var value = Int(mask)
        // Four more bytes hold any length or index that could be right.
        for shift in stride(from: 0, through: 21, by: 7) {
            guard position < bytes.count else { throw .badHeaderBlock }
            let byte = bytes[position]
            position += 1
            value += Int(byte & 0x7f) << shift
            if byte & 0x80 == 0 { return value }
        }
        throw .badHeaderBlock
    }

    /// RFC 7541 section 5.2.
    mutating func string(into output: inout [UInt8]) throws(HTTP2Fault) {
        guard let first = peek() else { throw .badHeaderBlock }
        let length = try integer(prefix: 7)
        guard length <= bytes.count - position else { throw .badHeaderBlock }
        let text = UnsafeRawBufferPointer(rebasing: bytes[position..<position + length])
        position += length
        if first & 0x80 == 0 {
            output.append(contentsOf: text)
        } else if !HuffmanCode.hpack.decode(text, into: &output) {
            throw .badHeaderBlock
        }
    }
}
