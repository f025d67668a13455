import InferenceProtocol
import Logging
import NIOEmbedded
import Runtimes
import Tensors

@testable import Serving

/// Plans, requests and planes for tests of rollouts.
enum TrafficFixture {
    static func plane(_ runtime: any ModelRuntime) -> DataPlane {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        return DataPlane(
            runtimes: [runtime], artifacts: AnyArtifact(), configuration: DataPlane.Configuration(width: 2),
            logger: logger)
    }

    static func entry(
        version: Int, digest: String, signature: Signature = GateInstance.signature, traffic: TrafficPlan? = nil
    ) -> EndpointEntry {
        EndpointEntry(
            space: "default", name: "churn", model: "churn", version: version, revision: version,
            artifact: ArtifactReference(digest: digest, format: "gate", files: []),
            description: ModelDescription(format: "gate", signature: signature), options: EndpointOptions(),
            isLoaded: true, traffic: traffic)
    }

    /// Version 1 with all that is left of the weights, and the others as `variants` say.
    static func plan(
        _ variants: [(String, Int)], first: String = "stable", strategy: RolloutStrategy = .canary, rollout: Int = 1,
        sticky: StickyKey? = nil, shadow: ShadowPlan? = nil, signature: Signature = GateInstance.signature
    ) -> TrafficPlan {
        let rest = TrafficPlan.whole - variants.reduce(0) { $0 + $1.1 }
        let targets = ([(first, rest)] + variants).enumerated().map { index, variant in
            TrafficTarget(
                variant: variant.0, weight: variant.1,
                entry: entry(version: index + 1, digest: "fast\(index + 1)", signature: signature))
        }
        return TrafficPlan(rollout: rollout, strategy: strategy, targets: targets, sticky: sticky, shadow: shadow)
    }

    static func entry(_ plan: TrafficPlan) -> EndpointEntry {
        var entry = plan.targets[0].entry
        entry.traffic = plan
        return entry
    }

    static func request(_ values: [Float], key: RoutingKey? = nil) throws -> InferenceRequest {
        let storage = TensorStorage(byteCount: values.count * 4)
        values.withUnsafeBytes { storage.mutableBytes.copyMemory(from: $0) }
        let tensor = try Tensor(name: "x", elementType: .fp32, shape: .vector(values.count), storage: storage)
        return InferenceRequest(inputs: [tensor], outputs: [RequestedOutput(index: 0)], routingKey: key)
    }

    static func install(_ plane: DataPlane, _ generation: Int, _ entry: EndpointEntry) async -> Endpoint? {
        await plane.install(ServingSnapshot(generation: generation, endpoints: [entry]))
        return plane.endpoint(space: "default", name: "churn")
    }

    /// What an endpoint answers, on its threads.
    static func answer(
        _ endpoint: Endpoint, _ request: InferenceRequest
    ) async -> Result<PredictionResult, PredictionError> {
        await withCheckedContinuation { continuation in
            let start = endpoint.start(request, mayRunHere: false, eventLoop: EmbeddedEventLoop()) {
                continuation.resume(returning: $0)
            }
            if case .answered(let result) = start { continuation.resume(returning: result) }
        }
    }
}
