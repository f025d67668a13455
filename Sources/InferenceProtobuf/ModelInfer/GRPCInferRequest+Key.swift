package import InferenceProtocol
package import NIOCore

extension GRPCInferRequest {
    /// What the parameter `name` of `message` says, where a rollout routes by it; `nil` where it is missing. The last of
    /// several holds.
    package static func routingKey(of message: ByteBuffer, parameter name: String) throws(ProtocolError) -> RoutingKey?
    {
        try message.withUnsafeReadableBytes { (bytes) throws(ProtocolError) -> RoutingKey? in
            do throws(JSONProblem) {
                return try routingKey(of: ProtobufReader(bytes), parameter: name)
            } catch {
                throw error.within("parameters").protocolError
            }
        }
    }

    private static func routingKey(
        of message: ProtobufReader, parameter name: String
    ) throws(JSONProblem) -> RoutingKey? {
        var reader = message
        var key: RoutingKey?
        while let tag = try reader.next() {
            guard tag.number == Field.parameters, tag.wire == .lengthDelimited else {
                try reader.skip(tag)
                continue
            }
            if let value = try entryValue(try reader.message(), named: name) { key = try routingKey(value, name) }
        }
        return key
    }

    /// The value of the map entry, when its key is `name`: nothing is copied.
    private static func entryValue(
        _ entry: ProtobufReader, named name: String
    ) throws(JSONProblem) -> ProtobufReader? {
        var reader = entry
        var isNamed = false
        var value: ProtobufReader?
        while let tag = try reader.next() {
            switch (tag.number, tag.wire) {
            case (1, .lengthDelimited): isNamed = try reader.lengthDelimited().elementsEqual(name.utf8)
            case (2, .lengthDelimited): value = try reader.message()
            default: try reader.skip(tag)
            }
        }
        return isNamed ? value : nil
    }

    /// Of an `InferParameter`: `int64_param` is field 2, `string_param` field 3, `uint64_param` field 5.
    private static func routingKey(_ parameter: ProtobufReader, _ name: String) throws(JSONProblem) -> RoutingKey {
        var reader = parameter
        var key: RoutingKey?
        while let tag = try reader.next() {
            switch (tag.number, tag.wire) {
            case (2, .varint): key = RoutingKey(Int64(bitPattern: try reader.varint()))
            case (3, .lengthDelimited): key = RoutingKey(try reader.lengthDelimited())
            case (5, .varint): key = RoutingKey(try reader.varint())
            default:
                try reader.skip(tag)
                key = nil
            }
        }
        guard let key else {
            throw JSONProblem("a key that requests are routed by is a string or a whole number").within(name)
        }
        return key
    }
}
