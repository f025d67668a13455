/// Takes a chunked body apart (RFC 9112 section 7.1). Extensions and trailers are read, bounded and thrown away.
struct ChunkedBody {
    enum Step: Equatable {
        case needsMore
        /// So many of the bytes at hand, from the current position on, belong to the body.
        case data(Int)
        case end
    }

    private enum State: Equatable {
        case sizeLine
        case data(Int)
        case dataEnd
        case trailers
        case done
    }

    /// Bytes that one size line, and all trailers together, may take.
    private let lineLimit: Int
    private var state = State.sizeLine
    private var trailerBytes = 0

    init(lineLimit: Int = HTTPLimits().chunkLine) {
        self.lineLimit = lineLimit
    }

    /// Looks at `bytes`, all that is at hand, and says what to do with `consumed` more of them: first `consumed` bytes of
    /// framing are to be skipped, then the step applies.
    mutating func next(_ bytes: UnsafeRawBufferPointer) throws(HTTPFault) -> (consumed: Int, step: Step) {
        var position = 0
        while true {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[position...])
            switch state {
            case .done: return (position, .end)
            case .data(let remaining):
                guard !rest.isEmpty else { return (position, .needsMore) }
                let count = min(remaining, rest.count)
                state = count == remaining ? .dataEnd : .data(remaining - count)
                return (position, .data(count))
            case .dataEnd:
                guard rest.count >= 2 else {
                    if rest.count == 1, rest[0] != HTTPSyntax.carriageReturn { throw Self.unterminated }
                    return (position, .needsMore)
                }
                guard rest[0] == HTTPSyntax.carriageReturn, rest[1] == HTTPSyntax.lineFeed else {
                    throw Self.unterminated
                }
                position += 2
                state = .sizeLine
            case .sizeLine:
                guard let line = try line(rest, limit: lineLimit) else { return (position, .needsMore) }
                let size = try Self.size(UnsafeRawBufferPointer(rebasing: rest[..<line]))
                position += line + 2
                state = size == 0 ? .trailers : .data(size)
            case .trailers:
                guard let line = try line(rest, limit: lineLimit - trailerBytes) else {
                    return (position, .needsMore)
                }
                position += line + 2
                trailerBytes += line + 2
                if line == 0 { state = .done }
            }
        }
    }

    private static let unterminated = HTTPFault.malformed("a chunk of the body is longer than its size says")

    /// The length of the line at the start of `bytes` without its CR LF; `nil` while it has not all come.
    private func line(_ bytes: UnsafeRawBufferPointer, limit: Int) throws(HTTPFault) -> Int? {
        guard let end = bytes.prefix(max(0, limit) + 2).firstIndex(of: HTTPSyntax.lineFeed) else {
            guard bytes.count < max(0, limit) + 2 else {
                throw .malformed("a chunk's size line or the trailers are longer than \(lineLimit) bytes")
            }
            return nil
        }
        guard end > 0, bytes[end - 1] == HTTPSyntax.carriageReturn else {
            throw .malformed("a line of the chunked body ends without CR LF")
        }
        for byte in bytes[..<(end - 1)] where !HTTPSyntax.isFieldContent(byte) {
            throw .malformed("a line of the chunked body holds a control character")
        }
        return end - 1
    }

    /// The hexadecimal size at the start of a size line; an extension may follow after a semicolon.
    private static func size(_ line: UnsafeRawBufferPointer) throws(HTTPFault) -> Int {
        var value = 0
        var digits = 0
        while digits < line.count, let digit = HTTPSyntax.hexValue(line[digits]) {
            guard value >> 58 == 0 else { throw .malformed("a chunk's size is too large") }
            value = value << 4 | Int(digit)
            digits += 1
        }
        guard digits > 0, digits == line.count || line[digits] == UInt8(ascii: ";") else {
            throw .malformed("a chunk's size is not a hexadecimal number")
        }
        return value
    }
}
