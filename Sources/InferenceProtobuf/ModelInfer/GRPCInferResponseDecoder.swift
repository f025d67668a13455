package import InferenceProtocol
package import NIOCore
package import Tensors

/// A `ModelInferResponse` as the client reads it.
package struct GRPCInferResponse: Sendable {
    package var modelName = ""
    package var modelVersion = ""
    /// Empty where the request had none.
    package var id = ""
    package var outputs: [Tensor] = []
}

/// Reads a `ModelInferResponse`: the client's side of `GRPCInferResponseEncoder`.
package enum GRPCInferResponseDecoder {
    private typealias Field = GRPCResponseLayout.Field

    /// - Parameter message: Without gRPC's prefix; raw tensors that are aligned keep its memory alive.
    /// - Throws: What about the message does not hold together.
    package static func decode(_ message: ByteBuffer) throws(ProtocolError) -> GRPCInferResponse {
        try message.withUnsafeReadableBytesWithStorageManagement {
            (bytes: UnsafeRawBufferPointer, owner: Unmanaged<AnyObject>) throws(ProtocolError) -> GRPCInferResponse in
            do throws(JSONProblem) {
                return try decode(ProtobufReader(bytes), owner)
            } catch {
                throw error.protocolError
            }
        }
    }

    private static func decode(
        _ message: ProtobufReader, _ owner: Unmanaged<AnyObject>
    ) throws(JSONProblem) -> GRPCInferResponse {
        var reader = message
        var response = GRPCInferResponse()
        var tensors: [ProtobufReader] = []
        var raw: [UnsafeRawBufferPointer] = []
        while let tag = try reader.next() {
            switch (tag.number, tag.wire) {
            case (Field.modelName, .lengthDelimited): response.modelName = try reader.string()
            case (Field.modelVersion, .lengthDelimited): response.modelVersion = try reader.string()
            case (Field.id, .lengthDelimited): response.id = try reader.string()
            case (Field.outputs, .lengthDelimited): tensors.append(try reader.message())
            case (Field.rawOutputContents, .lengthDelimited): raw.append(try reader.lengthDelimited())
            default: try reader.skip(tag)
            }
        }
        guard raw.isEmpty || raw.count == tensors.count else {
            throw JSONProblem("there are \(tensors.count) outputs, but raw contents of \(raw.count)")
        }
        for (index, tensor) in tensors.enumerated() {
            do throws(JSONProblem) {
                response.outputs.append(try output(tensor, raw.isEmpty ? nil : raw[index], owner))
            } catch {
                throw error.within("[\(index)]").within("outputs")
            }
        }
        return response
    }

    private static func output(
        _ message: ProtobufReader, _ raw: UnsafeRawBufferPointer?, _ owner: Unmanaged<AnyObject>
    ) throws(JSONProblem) -> Tensor {
        var reader = message
        var name = ""
        var datatype = ""
        var dimensions: [Int] = []
        while let tag = try reader.next() {
            switch (tag.number, tag.wire) {
            case (GRPCInput.Field.name, .lengthDelimited): name = try reader.string()
            case (GRPCInput.Field.datatype, .lengthDelimited): datatype = try reader.string()
            case (GRPCInput.Field.shape, _): try GRPCInput.append(&reader, tag, to: &dimensions)
            default: try reader.skip(tag)
            }
        }
        guard let type = ElementType(rawValue: datatype) else {
            throw JSONProblem("'\(datatype.prefix(32))' is no data type").within("datatype")
        }
        let shape: Shape
        do { shape = try Shape(dimensions) } catch { throw JSONProblem("\(error)").within("shape") }
        guard let raw else {
            let storage = try TypedContents.read(message, type, shape, owner)
            return Tensor(checkedName: name, elementType: type, shape: shape, storage: storage)
        }
        try BinarySection.check(raw, type, shape)
        return Tensor(
            checkedName: name, elementType: type, shape: shape, storage: BinarySection.storage(raw, type, owner))
    }
}
