package import InferenceProtocol
package import NIOCore

/// What a `ModelInferRequest` says of itself before its tensors are looked at.
package struct GRPCInferRequest: Sendable, Hashable {
    /// The endpoint; empty when the caller left it out.
    package var modelName = ""
    /// Empty for whichever version answers.
    package var modelVersion = ""
    /// Only echoed; empty for none.
    package var id = ""
    /// Whether each answer of a stream is to say that it is the last of its request
    /// (`triton_enable_empty_final_response`, which Triton's clients send when they wait for that).
    package var wantsFinalMark = false

    /// Field numbers of `ModelInferRequest`.
    enum Field {
        static let modelName: UInt32 = 1
        static let modelVersion: UInt32 = 2
        static let id: UInt32 = 3
        static let parameters: UInt32 = 4
        static let inputs: UInt32 = 5
        static let outputs: UInt32 = 6
        static let rawInputContents: UInt32 = 7
    }

    /// Reads the outermost fields of `message`; tensors are skipped. Fails when the message is malformed.
    package static func head(of message: ByteBuffer) throws(ProtocolError) -> GRPCInferRequest {
        try message.withUnsafeReadableBytes { (bytes) throws(ProtocolError) -> GRPCInferRequest in
            do throws(JSONProblem) {
                return try head(of: ProtobufReader(bytes))
            } catch {
                throw error.protocolError
            }
        }
    }

    private static func head(of message: ProtobufReader) throws(JSONProblem) -> GRPCInferRequest {
        var reader = message
        var request = GRPCInferRequest()
        while let tag = try reader.next() {
            guard tag.wire == .lengthDelimited else {
                try reader.skip(tag)
                continue
            }
            do throws(JSONProblem) {
                switch tag.number {
                case Field.modelName: request.modelName = try reader.string()
                case Field.modelVersion: request.modelVersion = try reader.string()
                case Field.id:
                    request.id = try reader.string()
                    try InferenceRequest.checkID(bytes: request.id.utf8.count)
                case Field.parameters:
                    let parameter = try GRPCParameter(try reader.message())
                    if parameter.key == "triton_enable_empty_final_response" {
                        request.wantsFinalMark = parameter.value == .bool(true)
                    }
                default: try reader.skip(tag)
                }
            } catch {
                throw error.within(name(of: tag.number))
            }
        }
        return request
    }

    private static func name(of field: UInt32) -> String {
        switch field {
        case Field.modelName: "model_name"
        case Field.modelVersion: "model_version"
        case Field.id: "id"
        case Field.parameters: "parameters"
        case Field.inputs: "inputs"
        case Field.outputs: "outputs"
        case Field.rawInputContents: "raw_input_contents"
        default: "field \(field)"
        }
    }
}
