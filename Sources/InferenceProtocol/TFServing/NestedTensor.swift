import Tensors

/// A tensor whose shape is still being found out from the lists it is written in: the first list of each depth says how
/// many elements all lists of that depth have.
struct NestedTensor {
    let spec: TensorSpec
    /// By depth; -1 while the first list of a depth is still open.
    var dimensions: [Int] = []
    /// How many instances have held this input.
    var rows = 0
    private(set) var hasValue = false
    /// Whether an element has been seen, so that no list can be deeper.
    private var isRankKnown = false
    private var storage = TensorStorage(byteCount: 0)
    private var used = 0
    private var count = 0

    init(_ spec: TensorSpec) { self.spec = spec }

    /// The first dimension is the number of instances; values begin at the second.
    mutating func beginRows() { dimensions = [-1] }

    /// Reads one value, `level` lists deep in the tensor.
    mutating func readValue(_ cursor: inout JSONCursor, level: Int) throws(JSONProblem) {
        hasValue = true
        switch spec.elementType {
        case .fp32: try value(&cursor, level, Float.self)
        case .fp64: try value(&cursor, level, Double.self)
        case .int64: try value(&cursor, level, Int64.self)
        case .int32: try value(&cursor, level, Int32.self)
        case .int16: try value(&cursor, level, Int16.self)
        case .int8: try value(&cursor, level, Int8.self)
        case .uint64: try value(&cursor, level, UInt64.self)
        case .uint32: try value(&cursor, level, UInt32.self)
        case .uint16: try value(&cursor, level, UInt16.self)
        case .uint8: try value(&cursor, level, UInt8.self)
        case .fp16: try value(&cursor, level, HalfBits.self)
        case .bf16: try value(&cursor, level, BrainFloatBits.self)
        case .bool: try value(&cursor, level, BooleanByte.self)
        case .bytes: try value(&cursor, level, TextOrBase64.self)
        }
    }

    private mutating func value<Element: NestedElement>(
        _ cursor: inout JSONCursor, _ level: Int, _ element: Element.Type
    ) throws(JSONProblem) {
        if cursor.next() == UInt8(ascii: "[") {
            try list(&cursor, level, element)
        } else {
            try scalar(&cursor, level, element)
        }
    }

    private mutating func list<Element: NestedElement>(
        _ cursor: inout JSONCursor, _ level: Int, _ element: Element.Type
    ) throws(JSONProblem) {
        let place = cursor.offset
        try open(level, at: place)
        cursor.at += 1
        var count = 0
        do throws(JSONProblem) {
            if cursor.next() == UInt8(ascii: "]") {
                cursor.at += 1
            } else {
                repeat {
                    if cursor.next() == UInt8(ascii: "[") {
                        try list(&cursor, level + 1, element)
                    } else {
                        try scalar(&cursor, level + 1, element)
                    }
                    count += 1
                } while try cursor.listContinues()
            }
        } catch {
            throw error.within("[\(count)]")
        }
        if dimensions[level] < 0 {
            dimensions[level] = count
        } else if dimensions[level] != count {
            throw JSONProblem(
                "lists of the same depth must be of the same length: expected \(dimensions[level]) elements as in the "
                    + "first, got \(count)", at: place)
        }
    }

    private mutating func open(_ level: Int, at place: Int) throws(JSONProblem) {
        guard level < spec.shape.count, level < JSONCursor.depthLimit else {
            throw JSONProblem(
                "the input '\(spec.name)' has the shape \(SignatureCheck.text(spec.shape)): expected a value of type "
                    + "\(spec.elementType.rawValue), got a list", at: place)
        }
        guard dimensions.count == level else { return }
        guard !isRankKnown else {
            throw JSONProblem("expected a value of type \(spec.elementType.rawValue) as before, got a list", at: place)
        }
        dimensions.append(-1)
    }

    @inline(__always)
    private mutating func scalar<Element: NestedElement>(
        _ cursor: inout JSONCursor, _ level: Int, _ element: Element.Type
    ) throws(JSONProblem) {
        guard level == dimensions.count else { throw cursor.expected("a list as before") }
        isRankKnown = true
        used = try Element.append(&cursor, spec.elementType, &storage, used)
        count += 1
    }

    /// The tensor, once everything has been read.
    func finished() throws(JSONProblem) -> Tensor {
        let shape: Shape
        do {
            shape = try Shape(dimensions)
            guard shape.elementCount == count else { throw JSONProblem("lists are nested unevenly") }
        } catch {
            throw ((error as? JSONProblem) ?? JSONProblem("\(error)")).within(spec.name)
        }
        do { try SignatureCheck.shape(shape, fits: spec) } catch { throw error.within(spec.name) }
        let exact =
            storage.byteCount == used
            ? storage : TensorStorage(borrowing: storage.base, byteCount: used, owner: storage, isLent: false)
        return Tensor(checkedName: spec.name, elementType: spec.elementType, shape: shape, storage: exact)
    }
}

/// An element that goes to the end of memory which grows as needed.
protocol NestedElement {
    /// Consumes one element and stores it at `used`; the new end.
    static func append(
        _ cursor: inout JSONCursor, _ type: ElementType, _ storage: inout TensorStorage, _ used: Int
    ) throws(JSONProblem) -> Int
}

extension TensorStorage {
    /// Memory for `need` bytes with the first `used` of this one's; at least twice as large, and never much larger than
    /// what the rest of the text could fill.
    @inline(never)
    func grown(to need: Int, keeping used: Int) -> TensorStorage {
        let larger = TensorStorage(byteCount: max(need, byteCount * 2, 256))
        if used > 0 { larger.base.copyMemory(from: base, byteCount: used) }
        return larger
    }
}

extension NestedElement where Self: JSONElement {
    @inline(__always)
    static func append(
        _ cursor: inout JSONCursor, _ type: ElementType, _ storage: inout TensorStorage, _ used: Int
    ) throws(JSONProblem) -> Int {
        cursor.skipWhitespace()
        guard let element = Self.read(&cursor.at, cursor.end, cursor.powers) else { throw cursor.expectedElement(type) }
        let end = used + MemoryLayout<Self>.stride
        if end > storage.byteCount { storage = storage.grown(to: end, keeping: used) }
        storage.base.storeBytes(of: element, toByteOffset: used, as: Self.self)
        return end
    }
}

extension Float: NestedElement {}
extension Double: NestedElement {}
extension Int8: NestedElement {}
extension Int16: NestedElement {}
extension Int32: NestedElement {}
extension Int64: NestedElement {}
extension UInt8: NestedElement {}
extension UInt16: NestedElement {}
extension UInt32: NestedElement {}
extension UInt64: NestedElement {}
extension HalfBits: NestedElement {}
extension BrainFloatBits: NestedElement {}
extension BooleanByte: NestedElement {}

/// A `BYTES` element: a string, or `{"b64": "..."}`.
enum TextOrBase64: NestedElement {
    static func append(
        _ cursor: inout JSONCursor, _ type: ElementType, _ storage: inout TensorStorage, _ used: Int
    ) throws(JSONProblem) -> Int {
        guard cursor.next() == UInt8(ascii: "{") else {
            let text = try cursor.bytesElement()
            let target = reserve(text.decodedCount, &storage, used)
            text.write(to: target)
            return used + 4 + text.decodedCount
        }
        let place = cursor.offset
        guard try cursor.openObject(), try cursor.key().equals("b64") else {
            throw JSONProblem("expected a string or {\"b64\": \"...\"}", at: place)
        }
        let text = try cursor.bytesElement()
        guard try !cursor.objectContinues() else {
            throw JSONProblem("an object with 'b64' has nothing else in it", at: place)
        }
        guard !text.hasEscapes, let count = Base64.decodedCount(text.bytes) else {
            // `\/` is the one escape that base64 can meet.
            return try appendUnescaped(text, &storage, used, at: place)
        }
        guard Base64.decode(text.bytes, to: reserve(count, &storage, used)) else { throw notBase64(place) }
        return used + 4 + count
    }

    private static func appendUnescaped(
        _ text: JSONText, _ storage: inout TensorStorage, _ used: Int, at place: Int
    ) throws(JSONProblem) -> Int {
        var plain = text.string
        let count: Int? = plain.withUTF8 { bytes in
            guard let count = Base64.decodedCount(bytes) else { return nil }
            return Base64.decode(bytes, to: reserve(count, &storage, used)) ? count : nil
        }
        guard let count else { throw notBase64(place) }
        return used + 4 + count
    }

    private static func notBase64(_ place: Int) -> JSONProblem {
        JSONProblem("the value of 'b64' is not base64", at: place)
    }

    /// Writes the length and makes room for so many bytes behind it.
    private static func reserve(
        _ count: Int, _ storage: inout TensorStorage, _ used: Int
    ) -> UnsafeMutablePointer<UInt8> {
        let end = used + 4 + count
        if end > storage.byteCount { storage = storage.grown(to: end, keeping: used) }
        let length = UInt32(truncatingIfNeeded: count).littleEndian
        storage.base.storeBytes(of: length, toByteOffset: used, as: UInt32.self)
        return (storage.base + used + 4).assumingMemoryBound(to: UInt8.self)
    }
}
