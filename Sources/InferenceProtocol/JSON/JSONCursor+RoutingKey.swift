extension JSONCursor {
    /// Consumes a value that tells callers apart; `nil` for `null`.
    mutating func routingKey() throws(JSONProblem) -> RoutingKey? {
        if null() { return nil }
        if next() == UInt8(ascii: "\"") {
            let text = try string()
            return text.hasEscapes ? RoutingKey(text.string) : RoutingKey(UnsafeRawBufferPointer(text.bytes))
        }
        skipWhitespace()
        let first = at
        guard next() == UInt8(ascii: "-") || (0x30...0x39).contains(next()) else { throw notAKey(at: first) }
        try skipValue()
        let text = UnsafeRawBufferPointer(start: first, count: at - first)
        guard text.allSatisfy({ $0 == UInt8(ascii: "-") || (0x30...0x39).contains($0) }) else {
            throw notAKey(at: first)
        }
        return RoutingKey(text)
    }

    private func notAKey(at place: UnsafePointer<UInt8>) -> JSONProblem {
        JSONProblem("a key that requests are routed by is a string or a whole number", at: place - start)
    }
}
