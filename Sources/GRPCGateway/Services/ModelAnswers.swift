import Gateway
import InferenceProtobuf
import Serving
import Tensors

/// What the inference service says of endpoints.
enum ModelAnswers {
    /// A `ModelMetadataResponse`.
    static func metadata(_ endpoint: Endpoint) -> ProtobufBuilder {
        var answer = ProtobufBuilder()
        answer.string(1, endpoint.entry.name)
        for version in endpoint.versions { answer.element(2, version.versionText) }
        answer.string(3, TritonAnswers.platform(endpoint.entry.description.format))
        for spec in endpoint.signature.inputs { answer.message(4) { tensor(spec, &$0) } }
        for spec in endpoint.signature.outputs { answer.message(5) { tensor(spec, &$0) } }
        return answer
    }

    /// A `TensorMetadata`.
    private static func tensor(_ spec: TensorSpec, _ message: inout ProtobufBuilder) {
        message.string(1, spec.name)
        message.string(2, spec.elementType.rawValue)
        message.packed(3, spec.wireShape)
    }

    /// A `RepositoryIndexResponse`.
    static func index(_ endpoints: [Endpoint], onlyReady: Bool) -> ProtobufBuilder {
        var answer = ProtobufBuilder()
        for endpoint in endpoints.flatMap(\.versions) where !onlyReady || endpoint.isReady {
            let (state, reason) = OpenInferenceAnswers.repositoryState(endpoint)
            answer.message(1) { entry in
                entry.string(1, endpoint.entry.name)
                entry.string(2, endpoint.versionText)
                entry.string(3, state)
                entry.string(4, reason)
            }
        }
        return answer
    }
}
