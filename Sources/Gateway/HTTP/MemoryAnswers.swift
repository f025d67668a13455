import Identity
import NIOCore
import Serving

/// What is answered at once, out of what the data plane has in memory.
struct MemoryAnswers: Sendable {
    let dataPlane: DataPlane
    let readiness: Readiness
    let serverVersion: String
    let metrics: PrometheusPage

    var isReady: Bool { readiness.isOn && dataPlane.isReady }

    func answer(_ match: RouteMatch, _ body: ByteBuffer, _ caller: Caller) -> Answer {
        do throws(HTTPFault) {
            return try find(match, body, caller)
        } catch {
            return ErrorAnswer.make(error, in: .prediction)
        }
    }

    private func find(_ match: RouteMatch, _ body: ByteBuffer, _ caller: Caller) throws(HTTPFault) -> Answer {
        switch match.route.id {
        case .landing: return Landing.answer(version: serverVersion)
        case .metrics: return metrics.answer(to: caller)
        case .serverMetadata: return OpenInferenceAnswers.serverMetadata(version: serverVersion)
        case .serverLive: return Answer(json: ["live": true])
        case .serverReady: return Answer(isReady ? .ok : .unavailable, json: ["ready": .bool(isReady)])
        case .endpoints: return OpenInferenceAnswers.list(endpoints(match.space))
        case .allStatistics: return TritonAnswers.statistics(endpoints(match.space).flatMap(\.versions))
        case .endpointStatistics: return TritonAnswers.statistics(try endpoint(match).versions)
        case .endpointMetadata: return OpenInferenceAnswers.metadata(try endpoint(match))
        case .endpointReady: return OpenInferenceAnswers.ready(try endpoint(match))
        case .endpointConfig: return TritonAnswers.config(try endpoint(match))
        case .repositoryIndex:
            return OpenInferenceAnswers.index(
                endpoints(match.space), onlyReady: try SmallDocument(body).bool("ready") ?? false)
        case .traceSettings, .updateTraceSettings, .logSettings, .updateLogSettings:
            return try TritonSettingsAnswers.answer(match.route.id, body)
        case .systemSharedMemory, .cudaSharedMemory: return try TritonSettingsAnswers.sharedMemory(match)
        case .systemSharedMemoryUnregister, .cudaSharedMemoryUnregister: return Answer(json: [:])
        case .systemSharedMemoryRegister, .cudaSharedMemoryRegister:
            throw HTTPFault(.badRequest, TritonSettings.sharedMemoryRegistration.message)
        case .ping: return InvocationsAnswers.ping(isReady)
        case .endpointPing: return InvocationsAnswers.ping(try endpoint(match).isReady)
        case .tensorFlowStatus: return TensorFlowAnswers.status(try endpoint(match))
        case .tensorFlowMetadata: return TensorFlowAnswers.metadata(try endpoint(match))
        case .tensorFlowClassify, .tensorFlowRegress:
            throw HTTPFault(
                .badRequest,
                "classify and regress take tf.Example, which only TensorFlow models read; use ':predict'")
        default: throw HTTPFault(.internalError, "route '\(match.route.id.rawValue)' has no answer in memory")
        }
    }

    private func endpoint(_ match: RouteMatch) throws(HTTPFault) -> Endpoint {
        try EndpointLookup.find(match, in: dataPlane)
    }

    private func endpoints(_ space: String) -> [Endpoint] { dataPlane.endpoints.filter { $0.entry.space == space } }
}
