extension JSONCursor {
    /// Moves past one value of any kind, checking that it is one.
    package mutating func skipValue(depth: Int = 0) throws(JSONProblem) {
        switch next() {
        case UInt8(ascii: "\""): _ = try string()
        case UInt8(ascii: "["): try skipList(depth: depth)
        case UInt8(ascii: "{"): try skipObject(depth: depth)
        case UInt8(ascii: "t") where literal("true"): return
        case UInt8(ascii: "f") where literal("false"): return
        case UInt8(ascii: "n") where literal("null"): return
        default:
            var position = at
            guard JSONNumber.scan(&position, end, powers) != nil || SpecialFloat.read(&position, end) != nil else {
                throw expected("a value")
            }
            at = position
        }
    }

    /// Consumes a number (RFC 8259 section 6): its text as it stands.
    package mutating func numberText() throws(JSONProblem) -> UnsafeRawBufferPointer {
        let first = (next(), at).1
        var position = at
        guard JSONNumber.scan(&position, end, powers) != nil else { throw expected("a number") }
        at = position
        return UnsafeRawBufferPointer(start: first, count: position - first)
    }

    /// The number of elements in the list here, counting through nested lists; for error messages only.
    func leafCount() -> Int? {
        var probe = self
        return try? probe.countLeaves(depth: 0)
    }

    private mutating func countLeaves(depth: Int) throws(JSONProblem) -> Int {
        guard next() == UInt8(ascii: "["), depth < Self.depthLimit else {
            try skipValue()
            return 1
        }
        guard try openList() else { return 0 }
        var count = 0
        repeat { count += try countLeaves(depth: depth + 1) } while try listContinues()
        return count
    }

    private mutating func skipList(depth: Int) throws(JSONProblem) {
        guard depth < Self.depthLimit else { throw tooDeep() }
        guard try openList() else { return }
        repeat { try skipValue(depth: depth + 1) } while try listContinues()
    }

    private mutating func skipObject(depth: Int) throws(JSONProblem) {
        guard depth < Self.depthLimit else { throw tooDeep() }
        guard try openObject() else { return }
        repeat {
            _ = try key()
            try skipValue(depth: depth + 1)
        } while try objectContinues()
    }

    func tooDeep() -> JSONProblem {
        JSONProblem("lists and objects are nested deeper than \(Self.depthLimit) levels", at: offset)
    }
}
