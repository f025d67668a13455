package import Serving
import Tensors

/// The bodies of the Open Inference Protocol v2 over HTTP, beside predictions.
///
/// Source: "Open Inference Protocol", REST; "Model Repository Extension". The health bodies and the list of models are
/// what KServe's client reads.
package enum OpenInferenceAnswers {
    /// What server metadata lists, over HTTP and gRPC alike.
    package static let extensions = [
        "binary_tensor_data", "classification", "model_configuration", "model_repository", "statistics",
    ]

    static func serverMetadata(version: String) -> Answer {
        Answer(json: [
            "name": "slipway", "version": .string(version), "extensions": .array(extensions.map { .string($0) }),
        ])
    }

    static func list(_ endpoints: [Endpoint]) -> Answer {
        Answer(json: ["models": .array(endpoints.map { .string($0.entry.name) })])
    }

    static func metadata(_ endpoint: Endpoint) -> Answer {
        let description = endpoint.entry.description
        return Answer(json: [
            "name": .string(endpoint.entry.name),
            "versions": .array(endpoint.versions.map { .string($0.versionText) }),
            "platform": .string(TritonAnswers.platform(description.format)),
            "inputs": .array(description.signature.inputs.map(tensor)),
            "outputs": .array(description.signature.outputs.map(tensor)),
        ])
    }

    private static func tensor(_ spec: TensorSpec) -> JSONValue {
        [
            "name": .string(spec.name), "datatype": .string(spec.elementType.rawValue),
            "shape": .array(spec.wireShape.map { .integer($0) }),
        ]
    }

    static func ready(_ endpoint: Endpoint) -> Answer {
        Answer(
            endpoint.isReady ? .ok : .unavailable,
            json: ["name": .string(endpoint.entry.name), "ready": .bool(endpoint.isReady)])
    }

    /// - Parameter onlyReady: what the request's `ready` asks for.
    static func index(_ endpoints: [Endpoint], onlyReady: Bool) -> Answer {
        let listed = endpoints.flatMap(\.versions).filter { !onlyReady || $0.isReady }
        return Answer(json: .array(listed.map(indexEntry)))
    }

    /// An endpoint's state in the words of the repository index.
    package static func repositoryState(_ endpoint: Endpoint) -> (state: String, reason: String) {
        switch endpoint.state {
        case .ready: ("READY", "")
        // Ready all the same: the next request is answered, after a load.
        case .idle: ("READY", "not in memory; the next request loads it")
        case .loading: ("LOADING", "")
        case .failed(let why): ("UNAVAILABLE", why)
        case .unloaded: ("UNAVAILABLE", "unloaded")
        case .restarting: ("UNAVAILABLE", "its worker is being replaced")
        case .suspended(let why): ("UNAVAILABLE", why)
        }
    }

    private static func indexEntry(_ endpoint: Endpoint) -> JSONValue {
        let (state, reason) = repositoryState(endpoint)
        return [
            "name": .string(endpoint.entry.name), "version": .string(endpoint.versionText), "state": .string(state),
            "reason": .string(reason),
        ]
    }
}
