/// A place in a JSON text that moves forward through it, one token at a time, without building anything.
///
/// Every read checks the end first: the bytes come from anybody. The memory must outlive the cursor.
package struct JSONCursor {
    /// How deep lists and objects may be nested: enough for any tensor, too little to exhaust the stack.
    static let depthLimit = 64

    let start: UnsafePointer<UInt8>
    let end: UnsafePointer<UInt8>
    var at: UnsafePointer<UInt8>
    let powers = PowersOfTen.shared

    /// A cursor at the first byte; `nil` when there is none.
    package init?(_ bytes: UnsafeRawBufferPointer) {
        guard let base = bytes.baseAddress, bytes.count > 0 else { return nil }
        start = base.assumingMemoryBound(to: UInt8.self)
        end = start + bytes.count
        at = start
    }

    /// Bytes from the beginning of the text.
    var offset: Int { at - start }
    var remaining: Int { end - at }

    @inline(__always)
    mutating func skipWhitespace() {
        while at < end {
            let byte = at.pointee
            guard byte <= 0x20, byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 else { return }
            at += 1
        }
    }

    /// The first byte of the next token, not consumed; 0, which no token begins with, at the end.
    @inline(__always)
    package mutating func next() -> UInt8 {
        skipWhitespace()
        return at < end ? at.pointee : 0
    }

    /// Consumes one punctuation mark.
    @inline(__always)
    mutating func expect(_ byte: UInt8, _ what: StaticString) throws(JSONProblem) {
        guard next() == byte else { throw expected(what) }
        at += 1
    }

    /// Consumes `{` and tells whether a key follows; of an empty object, consumes it all.
    package mutating func openObject() throws(JSONProblem) -> Bool {
        try expect(UInt8(ascii: "{"), "an object")
        guard next() == UInt8(ascii: "}") else { return true }
        at += 1
        return false
    }

    /// Consumes a key and its colon.
    package mutating func key() throws(JSONProblem) -> JSONText {
        guard next() == UInt8(ascii: "\"") else { throw expected("a key in double quotes") }
        let key = try string()
        try expect(UInt8(ascii: ":"), "':' after the key")
        return key
    }

    /// After a member: consumes `,` and says true, or `}` and says false.
    package mutating func objectContinues() throws(JSONProblem) -> Bool {
        switch next() {
        case UInt8(ascii: ","): at += 1; return true
        case UInt8(ascii: "}"): at += 1; return false
        default: throw expected("',' or '}' in an object")
        }
    }

    /// Consumes `[` and tells whether an element follows; of an empty list, consumes it all.
    package mutating func openList() throws(JSONProblem) -> Bool {
        try expect(UInt8(ascii: "["), "a list")
        guard next() == UInt8(ascii: "]") else { return true }
        at += 1
        return false
    }

    /// After an element: consumes `,` and says true, or `]` and says false.
    @inline(__always)
    package mutating func listContinues() throws(JSONProblem) -> Bool {
        let byte = next()
        if byte == UInt8(ascii: ",") {
            at += 1
            return true
        }
        guard byte == UInt8(ascii: "]") else { throw expected("',' or ']' in a list") }
        at += 1
        return false
    }

    /// Consumes `null` when it is next.
    package mutating func null() -> Bool { literal("null") }

    /// Consumes `text` when it is next.
    mutating func literal(_ text: StaticString) -> Bool {
        skipWhitespace()
        guard Self.matches(text, at, end) else { return false }
        at += text.utf8CodeUnitCount
        return true
    }

    @inline(__always)
    static func matches(_ text: StaticString, _ at: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>) -> Bool {
        let count = text.utf8CodeUnitCount
        guard end - at >= count else { return false }
        for index in 0..<count where at[index] != text.utf8Start[index] { return false }
        return true
    }

    package mutating func bool() throws(JSONProblem) -> Bool {
        if literal("true") { return true }
        if literal("false") { return false }
        throw expected("true or false")
    }

    /// Consumes a number that must be a whole one between 0 and `Int.max`.
    mutating func count() throws(JSONProblem) -> Int {
        let place = (next(), at).1
        var position = at
        guard let value = Int.read(&position, end, powers) else { throw expected("a whole number") }
        guard value >= 0 else {
            throw JSONProblem("expected a number that is not negative, got \(value)", at: place - start)
        }
        at = position
        return value
    }

    /// Only whitespace may be left.
    package mutating func expectEnd() throws(JSONProblem) {
        skipWhitespace()
        guard at == end else { throw expected("nothing after the JSON object") }
    }

    /// The problem that something else stands here than `what`.
    @inline(never)
    func expected(_ what: StaticString) -> JSONProblem { expected("\(what)") }

    @inline(never)
    package func expected(_ what: String) -> JSONProblem {
        var here = self
        here.skipWhitespace()
        return JSONProblem("expected \(what), got \(here.tokenInWords())", at: here.offset)
    }
}
