import Tensors

/// Reads a tensor of known type and shape out of a JSON list, flat or nested as its shape says, into memory of its own.
enum JSONTensorData {
    static func read(
        _ cursor: inout JSONCursor, _ type: ElementType, _ shape: Shape
    ) throws(JSONProblem) -> TensorStorage {
        // An element takes a byte and a comma at least: this bounds what is allocated by what was sent.
        let most = cursor.remaining / 2 + 1
        guard shape.elementCount <= most else { throw wrongCount(cursor, shape) }
        switch type {
        case .fp32: return try numbers(&cursor, shape, Float.self, type)
        case .fp64: return try numbers(&cursor, shape, Double.self, type)
        case .int64: return try numbers(&cursor, shape, Int64.self, type)
        case .int32: return try numbers(&cursor, shape, Int32.self, type)
        case .int16: return try numbers(&cursor, shape, Int16.self, type)
        case .int8: return try numbers(&cursor, shape, Int8.self, type)
        case .uint64: return try numbers(&cursor, shape, UInt64.self, type)
        case .uint32: return try numbers(&cursor, shape, UInt32.self, type)
        case .uint16: return try numbers(&cursor, shape, UInt16.self, type)
        case .uint8: return try numbers(&cursor, shape, UInt8.self, type)
        case .fp16: return try numbers(&cursor, shape, HalfBits.self, type)
        case .bf16: return try numbers(&cursor, shape, BrainFloatBits.self, type)
        case .bool: return try numbers(&cursor, shape, BooleanByte.self, type)
        case .bytes: return try strings(&cursor, shape)
        }
    }

    /// One function for each type, so that each has the registers to itself.
    @inline(never)
    private static func numbers<Element: JSONElement>(
        _ cursor: inout JSONCursor, _ shape: Shape, _ element: Element.Type, _ type: ElementType
    ) throws(JSONProblem) -> TensorStorage {
        let storage = TensorStorage(byteCount: shape.elementCount * MemoryLayout<Element>.stride)
        var sink = NumberSink<Element>(
            target: storage.base.bindMemory(to: Element.self, capacity: shape.elementCount), type: type)
        try list(&cursor, shape, &sink)
        return storage
    }

    /// Twice over: first to check and to measure, then to copy.
    private static func strings(_ cursor: inout JSONCursor, _ shape: Shape) throws(JSONProblem) -> TensorStorage {
        var again = cursor
        var measure = StringMeasure()
        try list(&cursor, shape, &measure)
        let storage = TensorStorage(byteCount: measure.byteCount)
        var copy = StringCopy(target: storage.base)
        try list(&again, shape, &copy)
        return storage
    }

    @inline(__always)
    private static func list<Sink: JSONElementSink>(
        _ cursor: inout JSONCursor, _ shape: Shape, _ sink: inout Sink
    ) throws(JSONProblem) {
        let dimensions = shape.dimensions
        let beginning = cursor
        guard cursor.next() == UInt8(ascii: "[") else {
            // A scalar may also be sent without the list.
            guard dimensions.isEmpty else { throw cursor.expected("a list") }
            try sink.read(&cursor)
            return
        }
        cursor.at += 1
        do throws(JSONProblem) {
            if cursor.next() == UInt8(ascii: "["), dimensions.count > 1 {
                try nested(&cursor, dimensions, 0, &sink)
            } else {
                try run(&cursor, shape.elementCount, &sink)
            }
        } catch {
            throw error.isAboutCount ? wrongCount(beginning, shape) : error
        }
    }

    /// The rest of a list, behind its bracket, whose elements are lists themselves down to the last dimension.
    private static func nested<Sink: JSONElementSink>(
        _ cursor: inout JSONCursor, _ dimensions: [Int], _ level: Int, _ sink: inout Sink
    ) throws(JSONProblem) {
        guard level < dimensions.count - 1 else { return try run(&cursor, dimensions[level], &sink) }
        var count = 0
        do throws(JSONProblem) {
            if cursor.next() == UInt8(ascii: "]") {
                cursor.at += 1
            } else {
                repeat {
                    guard count < dimensions[level] else { throw JSONProblem.count }
                    try cursor.expect(UInt8(ascii: "["), "a list")
                    try nested(&cursor, dimensions, level + 1, &sink)
                    count += 1
                } while try cursor.listContinues()
            }
        } catch {
            throw error.within("[\(count)]")
        }
        guard count == dimensions[level] else { throw JSONProblem.count }
    }

    /// Exactly `count` elements and the closing bracket.
    @inline(__always)
    private static func run<Sink: JSONElementSink>(
        _ cursor: inout JSONCursor, _ count: Int, _ sink: inout Sink
    ) throws(JSONProblem) {
        var index = 0
        do throws(JSONProblem) {
            if cursor.next() == UInt8(ascii: "]") {
                cursor.at += 1
            } else {
                repeat {
                    guard index < count else { throw JSONProblem.count }
                    try sink.read(&cursor)
                    index += 1
                } while try cursor.listContinues()
            }
        } catch {
            throw error.within("[\(index)]")
        }
        guard index == count else { throw JSONProblem.count }
    }

    @inline(never)
    private static func wrongCount(_ cursor: JSONCursor, _ shape: Shape) -> JSONProblem {
        var cursor = cursor
        _ = cursor.next()
        let wanted = shape.elementCount
        let values = wanted == 1 ? "1 value" : "\(wanted) values"
        let shapeText = "the shape \(shape.dimensions) calls for \(values)"
        // The list may be unfinished: that is then the better thing to say.
        var rest = cursor
        do { try rest.skipValue(depth: 3) } catch { return error }
        guard let found = cursor.leafCount() else { return cursor.expected("\(values)") }
        if found == wanted {
            return JSONProblem("\(shapeText), but they are nested in another way", at: cursor.offset)
        }
        return JSONProblem("\(shapeText), got \(found)", at: cursor.offset)
    }
}

/// Takes the elements of a list one by one.
protocol JSONElementSink {
    /// Consumes one element at the cursor, which may stand at whitespace.
    mutating func read(_ cursor: inout JSONCursor) throws(JSONProblem)
}

/// Stores numbers; whoever feeds it keeps count.
struct NumberSink<Element: JSONElement>: JSONElementSink {
    var target: UnsafeMutablePointer<Element>
    let type: ElementType

    @inline(__always)
    mutating func read(_ cursor: inout JSONCursor) throws(JSONProblem) {
        cursor.skipWhitespace()
        guard let element = Element.read(&cursor.at, cursor.end, cursor.powers) else {
            throw cursor.expectedElement(type)
        }
        target.pointee = element
        target += 1
    }
}

/// Adds up what strings will take as `BYTES` elements.
struct StringMeasure: JSONElementSink {
    var byteCount = 0

    mutating func read(_ cursor: inout JSONCursor) throws(JSONProblem) {
        byteCount += 4 + (try cursor.bytesElement().decodedCount)
    }
}

/// Stores strings as `BYTES` elements, into memory of the size that `StringMeasure` found.
struct StringCopy: JSONElementSink {
    var target: UnsafeMutableRawPointer

    mutating func read(_ cursor: inout JSONCursor) throws(JSONProblem) {
        let text = try cursor.string()
        target.storeBytes(of: UInt32(truncatingIfNeeded: text.decodedCount).littleEndian, as: UInt32.self)
        target += 4
        text.write(to: target.assumingMemoryBound(to: UInt8.self))
        target += text.decodedCount
    }
}

extension JSONCursor {
    /// The problem that what stands here is no element of `type`.
    @inline(never)
    func expectedElement(_ type: ElementType) -> JSONProblem {
        var here = self
        here.skipWhitespace()
        var end = here.at
        if let number = JSONNumber.scan(&end, self.end, powers), end - here.at > JSONNumber.longestText, !number.isExact
        {
            return JSONProblem(
                "a number is written with \(end - here.at) characters, which is too long", at: here.offset)
        }
        return here.expected("a value of type \(type.rawValue)")
    }

    /// A string that a `BYTES` element can hold.
    mutating func bytesElement() throws(JSONProblem) -> JSONText {
        guard next() == UInt8(ascii: "\"") else { throw expectedElement(.bytes) }
        let place = offset
        let text = try string()
        guard text.decodedCount <= Int(UInt32.max) else {
            throw JSONProblem("a string is longer than a BYTES element can be", at: place)
        }
        return text
    }

    func offset(of text: JSONText) -> Int { (text.bytes.baseAddress ?? start) - start - 1 }
}
