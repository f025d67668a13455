/// Header lines in the order they came, their bytes in one piece.
package struct HeaderList: Sendable {
    private struct Line {
        var name: Range<Int>
        var value: Range<Int>
    }

    private var bytes: [UInt8] = []
    private var lines: [Line] = []

    package init() {}

    package var count: Int { lines.count }

    /// What it counts for by RFC 9113 section 6.5.2: names, values, and 32 bytes for each line.
    package private(set) var size = 0

    package func name(_ index: Int) -> ArraySlice<UInt8> { bytes[lines[index].name] }
    package func value(_ index: Int) -> ArraySlice<UInt8> { bytes[lines[index].value] }

    /// The value of the first line of that name, which is given in lower case.
    package func first(_ name: StaticString) -> ArraySlice<UInt8>? {
        for index in lines.indices where self.name(index).equals(name) { return value(index) }
        return nil
    }

    /// As text, whatever bytes it has.
    package func text(_ name: StaticString) -> String? { first(name).map { String(decoding: $0, as: UTF8.self) } }

    mutating func append(_ bytes: ArraySlice<UInt8>, nameLength: Int) {
        let start = self.bytes.count
        self.bytes += bytes
        let middle = start + nameLength
        lines.append(Line(name: start..<middle, value: middle..<self.bytes.count))
        size += bytes.count + HeaderTable.overhead
    }
}

extension ArraySlice<UInt8> {
    /// Whether these are exactly the bytes of `text`.
    package func equals(_ text: StaticString) -> Bool {
        guard count == text.utf8CodeUnitCount else { return false }
        return text.withUTF8Buffer { elementsEqual($0) }
    }

    package func starts(_ text: StaticString) -> Bool {
        guard count >= text.utf8CodeUnitCount else { return false }
        return text.withUTF8Buffer { starts(with: $0) }
    }
}
