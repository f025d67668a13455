import InferenceProtocol
import Logging
import NIOCore
import NIOPosix
import Runtimes
import Tensors
import Testing

@testable import Serving

/// What the tests of what is in memory are made of: endpoints that may have no model there, and requests for them.
protocol ResidencySuite {}

extension ResidencySuite {
    /// Seconds: however slow the machine, no test takes as long.
    static var day: Int { 86_400 }

    func plane(
        _ runtime: GateRuntime, budget: Int? = nil, keepSuperseded: Int = day, queueLimit: Int = 8
    ) -> DataPlane {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        return DataPlane(
            runtimes: [runtime], artifacts: AnyArtifact(),
            configuration: DataPlane.Configuration(
                width: 2, queueLimit: queueLimit, memoryBudgetBytes: budget, keepSupersededSeconds: keepSuperseded),
            logger: logger)
    }

    /// `size` is what the model is taken to need: far more than what other tests allocate meanwhile.
    func entry(
        _ name: String, digest: String? = nil, version: Int = 1, size: Int = 1 << 40, minInstances: Int = 0,
        idleSeconds: Int = day, deadline: Int = 60_000
    ) -> EndpointEntry {
        let digest = digest ?? "fast-\(name)-\(version)"
        return EndpointEntry(
            space: "default", name: name, model: name, version: version, revision: version,
            artifact: ArtifactReference(
                digest: digest, format: "gate", files: [.init(path: "model", sha256: digest, size: size)]),
            description: ModelDescription(format: "gate", signature: GateInstance.signature),
            options: EndpointOptions(
                minInstances: minInstances, idleSeconds: idleSeconds, deadlineMilliseconds: deadline),
            isLoaded: true)
    }

    func snapshot(_ generation: Int, _ entries: EndpointEntry...) -> ServingSnapshot {
        ServingSnapshot(generation: generation, endpoints: entries)
    }

    func request() throws -> InferenceRequest {
        let storage = TensorStorage(byteCount: 4)
        storage.mutableBytes.storeBytes(of: 21, as: Float.self)
        let tensor = try Tensor(name: "x", elementType: .fp32, shape: .vector(1), storage: storage)
        return InferenceRequest(inputs: [tensor], outputs: [RequestedOutput(index: 0)])
    }

    func begin(
        _ plane: DataPlane, _ name: String, completion: @escaping PredictionCompletion
    ) throws -> PredictionTicket? {
        let endpoint = try #require(plane.endpoint(space: "default", name: name))
        let loop = MultiThreadedEventLoopGroup.singleton.any()
        switch endpoint.start(try request(), eventLoop: loop, completion: completion) {
        case .answered(let result):
            completion(result)
            return nil
        case .pending(let ticket): return ticket
        }
    }

    func ask(_ plane: DataPlane, _ name: String) async throws -> Result<PredictionResult, PredictionError> {
        let (answers, feed) = AsyncStream.makeStream(of: Result<PredictionResult, PredictionError>.self)
        _ = try begin(plane, name) { feed.yield($0) }
        for await answer in answers { return answer }
        throw CancellationError()
    }

    func value(_ result: Result<PredictionResult, PredictionError>) throws -> Float {
        try result.get().outputs[0].storage.bytes.loadUnaligned(as: Float.self)
    }

    func expectRight(
        _ result: Result<PredictionResult, PredictionError>, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let value = try value(result)
        #expect(value == 42, sourceLocation: sourceLocation)
    }

    /// The threads that loaded a model or ran it may hold it for another moment.
    func expectBytes(
        _ plane: DataPlane, _ bytes: Int, sourceLocation: SourceLocation = #_sourceLocation
    ) async {
        for _ in 0..<1_000_000 where plane.modelBytes != bytes { await Task.yield() }
        #expect(plane.modelBytes == bytes, sourceLocation: sourceLocation)
    }

    func state(_ plane: DataPlane, _ name: String) -> EndpointState? {
        plane.endpoint(space: "default", name: name)?.state
    }

    func later(days: Double) -> UInt64 {
        MonotonicClock.nanoseconds() + UInt64(days * Double(Self.day)) * 1_000_000_000
    }
}
