import Tensors

/// A cell of CSV as the JSON value that it stands for: people write `+1`, `.5`, `inf` and `True`, which JSON does not know.
enum CSVCell {
    private static let missingWords = ["na", "n/a", "nan", "null", "none"].map { Array($0.utf8) }
    private static let infinities = ["inf", "infinity"].map { Array($0.utf8) }

    /// Whether nothing stands there, as pandas reads it.
    static func isMissing(_ cell: ArraySlice<UInt8>) -> Bool {
        let word = trimmed(cell)
        return word.isEmpty || missingWords.contains { equals(word, $0) }
    }

    /// Appends a value for an element of this type; what is none stays as it is, for whoever reads it to refuse.
    static func write(_ cell: ArraySlice<UInt8>, as type: ElementType, to json: inout [UInt8]) {
        if type == .bytes { return quote(cell, to: &json) }
        let text = trimmed(cell)
        if type == .bool {
            if equals(text, Array("true".utf8)) { return json.append(contentsOf: "true".utf8) }
            if equals(text, Array("false".utf8)) { return json.append(contentsOf: "false".utf8) }
        }
        number(text, to: &json)
    }

    private static func number(_ text: ArraySlice<UInt8>, to json: inout [UInt8]) {
        var rest = text
        if let sign = rest.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") {
            rest = rest.dropFirst()
            if sign == UInt8(ascii: "-") { json.append(sign) }
        }
        if infinities.contains(where: { equals(rest, $0) }) { return json.append(contentsOf: "Infinity".utf8) }
        // Without zeros that lead to nothing, and with one where none stands before the point.
        while rest.count > 1, rest.first == UInt8(ascii: "0"), let next = rest.dropFirst().first, isDigit(next) {
            rest = rest.dropFirst()
        }
        if rest.first == UInt8(ascii: ".") { json.append(UInt8(ascii: "0")) }
        var last: UInt8 = 0
        for byte in rest {
            // `1.` and `1.e5` have their fraction left out.
            if last == UInt8(ascii: "."), !isDigit(byte) { json.append(UInt8(ascii: "0")) }
            json.append(byte)
            last = byte
        }
        if last == UInt8(ascii: ".") { json.append(UInt8(ascii: "0")) }
    }

    private static func quote(_ cell: ArraySlice<UInt8>, to json: inout [UInt8]) {
        json.append(UInt8(ascii: "\""))
        for byte in cell {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): json.append(contentsOf: [UInt8(ascii: "\\"), byte])
            case 0..<0x20:
                let digits = Array("0123456789abcdef".utf8)
                json.append(contentsOf: "\\u00".utf8)
                json.append(digits[Int(byte >> 4)])
                json.append(digits[Int(byte & 15)])
            default: json.append(byte)
            }
        }
        json.append(UInt8(ascii: "\""))
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    private static func trimmed(_ cell: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var cell = cell
        while let first = cell.first, first == UInt8(ascii: " ") || first == UInt8(ascii: "\t") { cell.removeFirst() }
        while let last = cell.last, last == UInt8(ascii: " ") || last == UInt8(ascii: "\t") { cell.removeLast() }
        return cell
    }

    /// Letter case aside; `word` is in lower case.
    private static func equals(_ text: ArraySlice<UInt8>, _ word: [UInt8]) -> Bool {
        text.count == word.count
            && zip(text, word).allSatisfy { (0x41...0x5A).contains($0) ? $0 | 0x20 == $1 : $0 == $1 }
    }
}
