/// The path of a request target, cut at its slashes, each piece percent-decoded once.
///
/// Cutting comes before decoding, so `%2f` never separates; empty, `.` and `..` pieces are refused, so no two spellings of
/// one path exist that somebody could tell apart. One slash at the end means nothing.
struct PathSegments {
    /// Which bytes of the target belong to the path, and which to the query (without `?`).
    struct Split {
        var path: Range<Int>
        var query: Range<Int>
    }

    /// Deep enough for the paths of artifacts.
    static let limit = 64

    /// Where the pieces are in what `withSegments` passes on.
    private(set) var ranges: [Range<Int>] = []
    /// The decoded pieces when something had to be decoded; else they are in the target itself.
    private var decoded: [UInt8]?

    static func split(_ target: UnsafeRawBufferPointer) -> Split {
        for index in 0..<target.count where target[index] == UInt8(ascii: "?") {
            return Split(path: 0..<index, query: (index + 1)..<target.count)
        }
        return Split(path: 0..<target.count, query: target.count..<target.count)
    }

    init(_ path: UnsafeRawBufferPointer) throws(HTTPFault) {
        ranges.reserveCapacity(8)
        guard path.first == UInt8(ascii: "/") else { throw HTTPFault(.badRequest, "the path must begin with '/'") }
        var start = 1
        var isEncoded = false
        for index in 1...path.count {
            let isEnd = index == path.count
            if !isEnd, path[index] == UInt8(ascii: "%") { isEncoded = true }
            guard isEnd || path[index] == UInt8(ascii: "/") else { continue }
            if isEnd, start == index { break }
            guard start < index else { throw HTTPFault(.badRequest, "the path has an empty part ('//')") }
            guard ranges.count < Self.limit else { throw HTTPFault(.notFound, "there is nothing at this path") }
            ranges.append(start..<index)
            start = index + 1
        }
        if isEncoded { try decode(path) }
        if withSegments(path, { bytes, ranges in ranges.contains { Self.isDots(bytes, $0) } }) {
            throw HTTPFault(.badRequest, "the path has a '.' or '..' part")
        }
    }

    /// Calls `body` with the bytes that `ranges` are positions in.
    func withSegments<Result>(
        _ path: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer, [Range<Int>]) -> Result
    ) -> Result {
        guard let decoded else { return body(path, ranges) }
        return decoded.withUnsafeBytes { body($0, ranges) }
    }

    private static func isDots(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) -> Bool {
        range.count <= 2 && range.allSatisfy { bytes[$0] == UInt8(ascii: ".") }
    }

    private mutating func decode(_ path: UnsafeRawBufferPointer) throws(HTTPFault) {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(path.count)
        for (number, range) in ranges.enumerated() {
            let start = bytes.count
            guard Self.percentDecode(UnsafeRawBufferPointer(rebasing: path[range]), into: &bytes) else {
                throw HTTPFault(.badRequest, "the path has a '%' that is not followed by two hexadecimal digits")
            }
            ranges[number] = start..<bytes.count
        }
        decoded = bytes
    }

    /// Appends `text` with its `%XX` replaced; false where a `%` is not followed by two hexadecimal digits.
    static func percentDecode(
        _ text: UnsafeRawBufferPointer, into bytes: inout [UInt8], plusIsSpace: Bool = false
    ) -> Bool {
        var index = 0
        while index < text.count {
            let byte = text[index]
            if byte == UInt8(ascii: "%") {
                guard index + 2 < text.count, let high = HTTPSyntax.hexValue(text[index + 1]),
                    let low = HTTPSyntax.hexValue(text[index + 2])
                else { return false }
                bytes.append(high << 4 | low)
                index += 3
            } else {
                bytes.append(plusIsSpace && byte == UInt8(ascii: "+") ? HTTPSyntax.space : byte)
                index += 1
            }
        }
        return true
    }
}
