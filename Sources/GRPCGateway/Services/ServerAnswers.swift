import Gateway
import InferenceProtobuf

/// What the inference service says of the server.
enum ServerAnswers {
    /// A `ServerMetadataResponse`.
    static func metadata(version: String) -> ProtobufBuilder {
        var answer = ProtobufBuilder()
        answer.string(1, "slipway")
        answer.string(2, version)
        for name in OpenInferenceAnswers.extensions { answer.element(3, name) }
        return answer
    }
}
