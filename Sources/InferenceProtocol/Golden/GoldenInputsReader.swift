import Tensors

/// Walks through `golden.json`: finds where each request ends, has the protocol's own reader read it, then reads what is
/// expected of it.
struct GoldenInputsReader {
    var cursor: JSONCursor
    /// All of the file; `cursor` is a place in it.
    let bytes: UnsafeRawBufferPointer
    let signature: Signature

    init(cursor: JSONCursor, bytes: UnsafeRawBufferPointer, signature: Signature) {
        self.cursor = cursor
        self.bytes = bytes
        self.signature = signature
    }

    mutating func read() throws(JSONProblem) -> [GoldenRequest] {
        if cursor.next() == UInt8(ascii: "{") {
            let only = try readRequest()
            try expectEnd()
            return [only]
        }
        var requests: [GoldenRequest] = []
        guard cursor.next() == UInt8(ascii: "[") else { throw cursor.expected("a list of requests") }
        guard try cursor.openList() else { throw JSONProblem("expected at least one request, got an empty list") }
        repeat {
            guard requests.count < GoldenInputs.maximumRequests else {
                throw JSONProblem("more than \(GoldenInputs.maximumRequests) requests", at: cursor.offset)
            }
            do throws(JSONProblem) {
                requests.append(try readRequest())
            } catch {
                throw error.within("[\(requests.count)]")
            }
        } while try cursor.listContinues()
        try expectEnd()
        return requests
    }

    private mutating func expectEnd() throws(JSONProblem) {
        cursor.skipWhitespace()
        guard cursor.at == cursor.end else { throw cursor.expected("nothing after the requests") }
    }

    private mutating func readRequest() throws(JSONProblem) -> GoldenRequest {
        _ = cursor.next()
        let beginning = cursor
        let expectedPlace = try walk()
        // Everything up to this request's end, so that offsets are those in the file.
        let count = cursor.at - cursor.start
        guard var own = JSONCursor(UnsafeRawBufferPointer(rebasing: bytes[..<count])) else {
            throw beginning.expected("a request")
        }
        own.at = beginning.at
        var reader = OIPRequestReader(cursor: own, binary: nil, signature: signature)
        let request = try reader.read()
        var expected: [ExpectedOutput] = []
        if let expectedPlace {
            own.at = expectedPlace
            do throws(JSONProblem) {
                expected = try readExpected(&own, request)
            } catch {
                throw error.within("expected")
            }
        }
        return GoldenRequest(request: request, expected: expected)
    }

    /// Moves past one request; answers where its `expected` begins. A member that no request has is a slip of the pen, and
    /// would silently check nothing.
    private mutating func walk() throws(JSONProblem) -> UnsafePointer<UInt8>? {
        var expectedPlace: UnsafePointer<UInt8>?
        guard try cursor.openObject() else { return nil }
        repeat {
            let place = (cursor.next(), cursor.offset).1
            let key = try cursor.key()
            if key.equals("expected") {
                guard expectedPlace == nil else {
                    throw JSONProblem("the key 'expected' occurs twice in one object", at: place)
                }
                _ = cursor.next()
                expectedPlace = cursor.at
            } else if !["id", "inputs", "outputs", "parameters"].contains(key.string) {
                throw JSONProblem(
                    "a golden request has 'inputs', 'expected', 'outputs', 'parameters' and 'id', but no "
                        + "'\(key.string.prefix(64))'", at: place)
            }
            try cursor.skipValue(depth: 2)
        } while try cursor.objectContinues()
        return expectedPlace
    }

    private func readExpected(
        _ cursor: inout JSONCursor, _ request: InferenceRequest
    ) throws(JSONProblem) -> [ExpectedOutput] {
        var outputs: [ExpectedOutput] = []
        guard try cursor.openList() else { return [] }
        repeat {
            do throws(JSONProblem) {
                let place = (cursor.next(), cursor.offset).1
                let output = try GoldenOutputReader.read(&cursor, signature)
                let name = output.values.name
                guard request.outputs.contains(where: { $0.index == output.index }) else {
                    throw JSONProblem("the request does not ask for the output '\(name)'", at: place)
                }
                guard !outputs.contains(where: { $0.index == output.index }) else {
                    throw JSONProblem("the output '\(name)' is given twice", at: place)
                }
                outputs.append(output)
            } catch {
                throw error.within("[\(outputs.count)]")
            }
        } while try cursor.listContinues()
        return outputs
    }
}
