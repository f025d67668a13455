import InferenceProtocol

/// One entry of a map of parameters: a key and an `InferParameter`.
struct GRPCParameter {
    /// The choices of `InferParameter`.
    enum Value: Hashable {
        case none
        case bool(Bool)
        case int64(Int64)
        case string(String)
        case double(Double)
        case uint64(UInt64)
    }

    var key = ""
    var value = Value.none

    /// Reads a map entry: `key` is its field 1, `value` its field 2.
    init(_ entry: ProtobufReader) throws(JSONProblem) {
        var reader = entry
        while let tag = try reader.next() {
            switch (tag.number, tag.wire) {
            case (1, .lengthDelimited): key = try reader.string()
            case (2, .lengthDelimited): value = try Self.value(try reader.message(), after: value)
            default: try reader.skip(tag)
            }
        }
    }

    /// The choice that comes last holds.
    private static func value(_ message: ProtobufReader, after earlier: Value) throws(JSONProblem) -> Value {
        var reader = message
        var value = earlier
        while let tag = try reader.next() {
            switch (tag.number, tag.wire) {
            case (1, .varint): value = .bool(try reader.varint() != 0)
            case (2, .varint): value = .int64(Int64(bitPattern: try reader.varint()))
            case (3, .lengthDelimited): value = .string(try reader.string())
            case (4, .fixed64): value = .double(Double(bitPattern: try reader.fixed64()))
            case (5, .varint): value = .uint64(try reader.varint())
            default: try reader.skip(tag)
            }
        }
        return value
    }

    /// The value as a count, when it is one.
    var count: Int? {
        switch value {
        case .int64(let number): number >= 0 ? Int(exactly: number) : nil
        case .uint64(let number): Int(exactly: number)
        case .none, .bool, .string, .double: nil
        }
    }

    /// Keys by which clients of Triton say that a tensor lies in memory they share with the server.
    var asksForSharedMemory: Bool {
        key == "shared_memory_region" || key == "shared_memory_byte_size" || key == "shared_memory_offset"
    }

    static let sharedMemoryRefusal = JSONProblem(
        "shared memory regions are not offered; send the tensor in the request, and have it in the answer")
}
