#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Reads a request line and headers, line by line as they come, each byte once.
///
/// Strict where two readers could understand different things (request smuggling): lines end with CR LF only, no folded
/// lines, no blank before a colon, `Content-Length` digits only and never two that differ, never together with
/// `Transfer-Encoding`, and of transfer codings `chunked` alone.
struct RequestHeadParser {
    enum Progress: Equatable {
        case needsMore
        /// The number of bytes that the head took, its empty line included.
        case complete(Int)
    }

    private(set) var head = RequestHead()
    /// All header lines, in their order.
    private(set) var fields: [RequestHead.Field] = []
    private let limits: HTTPLimits
    private var lineStart = 0
    private var scanned = 0
    /// Bytes of empty lines before the request line, which RFC 9112 section 2.2 tells servers to skip.
    private var blanks = 0
    private var hasRequestLine = false
    private var hosts = 0
    private var contentLength: Int?
    private var isChunked = false

    init(limits: HTTPLimits) {
        self.limits = limits
    }

    /// Ready for the next request.
    mutating func reset() {
        head = RequestHead()
        fields.removeAll(keepingCapacity: true)
        lineStart = 0
        scanned = 0
        blanks = 0
        hasRequestLine = false
        hosts = 0
        contentLength = nil
        isChunked = false
    }

    /// Goes on with `bytes`, which start where the head starts and hold all of it that has come.
    mutating func parse(_ bytes: UnsafeRawBufferPointer) throws(HTTPFault) -> Progress {
        if !hasRequestLine, lineStart < bytes.count, scanned <= lineStart {
            let first = bytes[lineStart]
            guard HTTPSyntax.isToken(first) || first == HTTPSyntax.carriageReturn else {
                throw .malformed("this is not an HTTP/1.1 request")
            }
        }
        while let end = Self.indexOfLineFeed(in: bytes, from: scanned) {
            guard end > lineStart, bytes[end - 1] == HTTPSyntax.carriageReturn else {
                throw .malformed("a line of the request ends without CR LF")
            }
            let line = lineStart..<(end - 1)
            try checkSize(upTo: end)
            lineStart = end + 1
            scanned = lineStart
            if !hasRequestLine {
                if line.isEmpty {
                    blanks += 2
                    guard blanks <= 8 else { throw .malformed("too many empty lines before the request") }
                    continue
                }
                try parseRequestLine(bytes, line)
                hasRequestLine = true
            } else if line.isEmpty {
                try finish()
                return .complete(lineStart)
            } else {
                try parseField(bytes, line)
            }
        }
        scanned = bytes.count
        try checkSize(upTo: bytes.count)
        return .needsMore
    }

    private func checkSize(upTo end: Int) throws(HTTPFault) {
        if !hasRequestLine {
            if end - lineStart > limits.requestLine {
                throw HTTPFault(
                    .targetTooLong, "the request line is longer than \(limits.requestLine) bytes",
                    endsConnection: true)
            }
        } else if end - head.target.upperBound > limits.headerBytes {
            throw HTTPFault(
                .headersTooLarge, "the request's headers are longer than \(limits.headerBytes) bytes",
                endsConnection: true)
        }
    }

    // MARK: request line

    private mutating func parseRequestLine(
        _ bytes: UnsafeRawBufferPointer, _ line: Range<Int>
    ) throws(HTTPFault) {
        var index = line.lowerBound
        while index < line.upperBound, HTTPSyntax.isToken(bytes[index]) { index += 1 }
        guard index > line.lowerBound, index < line.upperBound, bytes[index] == HTTPSyntax.space else {
            throw .malformed("the request line does not begin with a method and one space")
        }
        head.methodRange = line.lowerBound..<index
        head.method = Self.method(bytes, head.methodRange)
        let targetStart = index + 1
        index = targetStart
        while index < line.upperBound, HTTPSyntax.isTarget(bytes[index]) { index += 1 }
        guard index > targetStart, index < line.upperBound, bytes[index] == HTTPSyntax.space else {
            throw .malformed("the request line has no target, or one with a byte that must be percent-encoded")
        }
        head.target = try originForm(bytes, targetStart..<index)
        try parseVersion(bytes, (index + 1)..<line.upperBound)
    }

    /// The path and query of a target in origin form or absolute form, or the asterisk of `OPTIONS *`.
    private func originForm(
        _ bytes: UnsafeRawBufferPointer, _ target: Range<Int>
    ) throws(HTTPFault) -> Range<Int> {
        if bytes[target.lowerBound] == UInt8(ascii: "/") { return target }
        if target.count == 1, bytes[target.lowerBound] == UInt8(ascii: "*"), head.method == .options { return target }
        for scheme: StaticString in ["http://", "https://"] {
            let length = scheme.utf8CodeUnitCount
            guard target.count > length else { continue }
            let prefix = UnsafeRawBufferPointer(rebasing: bytes[target.lowerBound..<(target.lowerBound + length)])
            guard HTTPSyntax.equal(prefix, scheme) else { continue }
            var index = target.lowerBound + length
            while index < target.upperBound, bytes[index] != UInt8(ascii: "/") { index += 1 }
            guard index > target.lowerBound + length, index < target.upperBound else { break }
            return index..<target.upperBound
        }
        throw .malformed("the request target must be a path or an absolute URL with a path")
    }

    private mutating func parseVersion(
        _ bytes: UnsafeRawBufferPointer, _ range: Range<Int>
    ) throws(HTTPFault) {
        let text = UnsafeRawBufferPointer(rebasing: bytes[range])
        guard text.count == 8, text.starts(with: "HTTP/".utf8), HTTPSyntax.isDigit(text[5]),
            text[6] == UInt8(ascii: "."), HTTPSyntax.isDigit(text[7])
        else { throw .malformed("the request line does not end with HTTP/1.1") }
        guard text[5] == UInt8(ascii: "1") else {
            throw HTTPFault(.versionNotSupported, "this port speaks HTTP/1.1", endsConnection: true)
        }
        head.isHTTP10 = text[7] == UInt8(ascii: "0")
        head.keepAlive = !head.isHTTP10
    }

    private static func method(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) -> HTTPMethod {
        let text = UnsafeRawBufferPointer(rebasing: bytes[range])
        switch text.count {
        case 3:
            if text.elementsEqual("GET".utf8) { return .get }
            if text.elementsEqual("PUT".utf8) { return .put }
        case 4:
            if text.elementsEqual("POST".utf8) { return .post }
            if text.elementsEqual("HEAD".utf8) { return .head }
        case 5: if text.elementsEqual("PATCH".utf8) { return .patch }
        case 6: if text.elementsEqual("DELETE".utf8) { return .delete }
        case 7: if text.elementsEqual("OPTIONS".utf8) { return .options }
        default: break
        }
        return .other
    }

    // MARK: headers

    private mutating func parseField(_ bytes: UnsafeRawBufferPointer, _ line: Range<Int>) throws(HTTPFault) {
        var index = line.lowerBound
        while index < line.upperBound, HTTPSyntax.isToken(bytes[index]) { index += 1 }
        guard index > line.lowerBound, index < line.upperBound, bytes[index] == HTTPSyntax.colon else {
            throw .malformed("a header line is not NAME: VALUE (folded lines and blanks before the colon are refused)")
        }
        guard fields.count < limits.headerCount else {
            throw HTTPFault(
                .headersTooLarge, "the request has more than \(limits.headerCount) headers", endsConnection: true)
        }
        let name = line.lowerBound..<index
        var start = index + 1
        var end = line.upperBound
        while start < end, bytes[start] == HTTPSyntax.space || bytes[start] == HTTPSyntax.tab { start += 1 }
        while end > start, bytes[end - 1] == HTTPSyntax.space || bytes[end - 1] == HTTPSyntax.tab { end -= 1 }
        let value = UnsafeRawBufferPointer(rebasing: bytes[start..<end])
        guard HTTPSyntax.isFieldContent(value) else { throw .malformed("a header value holds a control character") }
        fields.append(RequestHead.Field(name: name, value: start..<end))
        try interpret(UnsafeRawBufferPointer(rebasing: bytes[name]), value, at: start..<end)
    }

    /// The headers that the connection or the prediction path acts on, told apart by their length first.
    private mutating func interpret(
        _ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer, at range: Range<Int>
    ) throws(HTTPFault) {
        switch name.count {
        case 4: if HTTPSyntax.equal(name, "host") { hosts += 1 }
        case 6: if HTTPSyntax.equal(name, "expect") { try parseExpectation(value) }
        case 10: if HTTPSyntax.equal(name, "connection") { parseConnection(value) }
        case 11:
            if HTTPSyntax.equal(name, "traceparent") {
                head.traceparent = head.hasTraceparent ? nil : range
                head.hasTraceparent = true
            }
        case 12: if HTTPSyntax.equal(name, "content-type") { head.contentType = range }
        case 13:
            if HTTPSyntax.equal(name, "authorization") {
                // Two readers could take either for the caller's.
                guard head.authorization == nil else {
                    throw .malformed("the request has two 'Authorization' headers")
                }
                head.authorization = range
            }
        case 14: if HTTPSyntax.equal(name, "content-length") { try parseContentLength(value) }
        case 15:
            if HTTPSyntax.equal(name, "slipway-variant") {
                guard head.variant == nil else { throw .malformed("the request has two 'slipway-variant' headers") }
                head.variant = range
            }
        case 16:
            if HTTPSyntax.equal(name, "content-encoding"), !HTTPSyntax.equal(value, "identity"), !value.isEmpty {
                head.contentEncoding = range
            }
        case 17: if HTTPSyntax.equal(name, "transfer-encoding") { try parseTransferEncoding(value) }
        case 31:
            if HTTPSyntax.equal(name, "inference-header-content-length") {
                guard let length = HTTPSyntax.decimal(value), head.inferenceHeaderLength == nil else {
                    throw HTTPFault(
                        .badRequest, "header 'Inference-Header-Content-Length' must be one number of bytes",
                        endsConnection: true)
                }
                head.inferenceHeaderLength = length
            }
        default: break
        }
    }

    private mutating func parseContentLength(_ value: UnsafeRawBufferPointer) throws(HTTPFault) {
        guard let length = HTTPSyntax.decimal(value) else {
            throw .malformed("header 'Content-Length' must be one number of bytes")
        }
        if let contentLength, contentLength != length {
            throw .malformed("the request has two 'Content-Length' headers that differ")
        }
        contentLength = length
    }

    private mutating func parseTransferEncoding(_ value: UnsafeRawBufferPointer) throws(HTTPFault) {
        guard HTTPSyntax.equal(value, "chunked"), !isChunked else {
            throw HTTPFault(
                .notImplemented, "the only transfer coding that is understood is 'chunked', once",
                endsConnection: true)
        }
        isChunked = true
    }

    private mutating func parseExpectation(_ value: UnsafeRawBufferPointer) throws(HTTPFault) {
        guard HTTPSyntax.equal(value, "100-continue") else {
            throw HTTPFault(
                .expectationFailed, "the only expectation that is understood is '100-continue'", endsConnection: true)
        }
        head.expectsContinue = true
    }

    private mutating func parseConnection(_ value: UnsafeRawBufferPointer) {
        HTTPSyntax.forEachListElement(value) { option in
            if HTTPSyntax.equal(option, "close") {
                head.keepAlive = false
            } else if HTTPSyntax.equal(option, "keep-alive"), head.isHTTP10 {
                head.keepAlive = true
            }
        }
    }

    private mutating func finish() throws(HTTPFault) {
        guard hosts == 1 || (hosts == 0 && head.isHTTP10) else {
            throw .malformed("an HTTP/1.1 request has exactly one 'Host' header")
        }
        if isChunked {
            guard contentLength == nil, !head.isHTTP10 else {
                throw .malformed("'Transfer-Encoding' together with 'Content-Length' or in HTTP/1.0 is refused")
            }
            head.framing = .chunked
        } else {
            head.framing = .length(contentLength ?? 0)
        }
        if head.isHTTP10 { head.expectsContinue = false }
    }

    private static func indexOfLineFeed(in bytes: UnsafeRawBufferPointer, from start: Int) -> Int? {
        guard start < bytes.count, let base = bytes.baseAddress else { return nil }
        guard let found = memchr(base + start, Int32(HTTPSyntax.lineFeed), bytes.count - start) else { return nil }
        return UnsafeRawPointer(found) - base
    }
}
