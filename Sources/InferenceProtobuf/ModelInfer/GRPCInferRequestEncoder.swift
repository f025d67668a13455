package import InferenceProtocol
package import NIOCore
package import Tensors

/// Writes a `ModelInferRequest`: the client's side of `GRPCInferRequestDecoder`.
package enum GRPCInferRequestEncoder {
    /// Appends the message, without gRPC's prefix.
    ///
    /// - Parameters:
    ///   - modelVersion: Empty for whichever answers.
    ///   - outputs: The names of those that are wanted; none for all.
    ///   - isRaw: Whether the tensors travel as they lie in memory; otherwise in typed contents where all of their types
    ///     have some. The answer takes the same form.
    /// - Throws: When the message would be larger than one can be; the buffer is then as it was.
    package static func encode(
        modelName: String, modelVersion: String = "", id: String? = nil, inputs: [Tensor], outputs: [String] = [],
        isRaw: Bool = true, into buffer: inout ByteBuffer
    ) throws(ProtocolError) {
        typealias Field = GRPCInferRequest.Field
        var rest =
            ProtobufSize.string(Field.modelName, modelName) + ProtobufSize.string(Field.modelVersion, modelVersion)
            + ProtobufSize.string(Field.id, id ?? "")
        for name in outputs {
            rest += ProtobufSize.field(Field.outputs, length: ProtobufSize.string(GRPCInput.Field.name, name))
        }
        let tensors = try GRPCTensorsLayout(
            inputs, number: Field.inputs, rawNumber: Field.rawInputContents, isRaw: isRaw,
            limit: GRPCInferResponseEncoder.largestMessage - rest)
        buffer.writeProtobuf(size: rest + tensors.size) { writer in
            writer.string(Field.modelName, modelName)
            writer.string(Field.modelVersion, modelVersion)
            writer.string(Field.id, id ?? "")
            tensors.writeTensors(&writer)
            for name in outputs {
                writer.begin(Field.outputs, length: ProtobufSize.string(GRPCInput.Field.name, name))
                writer.string(GRPCInput.Field.name, name)
            }
            tensors.writeRawContents(&writer)
        }
    }
}
