import InferenceProtocol
import Logging
import NIOEmbedded
import Runtimes
import Serving
import Tensors
import Testing

@Suite struct DataPlaneTests {
    private func plane(_ runtime: GateRuntime, width: Int = 2, queueLimit: Int = 8) -> DataPlane {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        return DataPlane(
            runtimes: [runtime], artifacts: AnyArtifact(),
            configuration: DataPlane.Configuration(width: width, queueLimit: queueLimit), logger: logger)
    }

    private func entry(
        _ name: String, digest: String, version: Int = 1, deadline: Int = 60_000, isLoaded: Bool = true
    ) -> EndpointEntry {
        EndpointEntry(
            space: "default", name: name, model: name, version: version, revision: version,
            artifact: ArtifactReference(digest: digest, format: "gate", files: []),
            description: ModelDescription(format: "gate", signature: GateInstance.signature),
            options: EndpointOptions(deadlineMilliseconds: deadline), isLoaded: isLoaded)
    }

    private func request(_ values: [Float]) throws -> InferenceRequest {
        let storage = TensorStorage(byteCount: values.count * 4)
        values.withUnsafeBytes { storage.mutableBytes.copyMemory(from: $0) }
        let tensor = try Tensor(name: "x", elementType: .fp32, shape: .vector(values.count), storage: storage)
        return InferenceRequest(inputs: [tensor], outputs: [RequestedOutput(index: 0)])
    }

    private func answer(
        _ endpoint: Endpoint, _ request: InferenceRequest
    ) async -> Result<PredictionResult, PredictionError> {
        await withCheckedContinuation { continuation in
            start(endpoint, request) { continuation.resume(returning: $0) }
        }
    }

    /// On the endpoint's threads, never here.
    @discardableResult
    private func start(
        _ endpoint: Endpoint, _ request: InferenceRequest, completion: @escaping PredictionCompletion
    ) -> PredictionTicket? {
        switch endpoint.start(
            request, mayRunHere: false, eventLoop: EmbeddedEventLoop(), completion: completion)
        {
        case .answered(let result):
            completion(result)
            return nil
        case .pending(let ticket): return ticket
        }
    }

    @Test func `an installed endpoint answers, and one that is not there is not found`() async throws {
        let plane = plane(GateRuntime())
        #expect(!plane.isReady)
        await plane.install(ServingSnapshot(generation: 1, endpoints: [entry("a", digest: "fast")]))
        #expect(plane.isReady)
        let endpoint = try #require(plane.endpoint(space: "default", name: "a"))
        let result = try await answer(endpoint, request([1, 2, 3])).get()
        #expect(result.outputs[0].storage.bytes.bindMemory(to: Float.self).elementsEqual([2, 4, 6]))
        #expect(plane.endpoint(space: "default", name: "b") == nil)
        #expect(plane.endpoint(space: "other", name: "a") == nil)
    }

    @Test func `an older snapshot never replaces a newer one`() async {
        let plane = plane(GateRuntime())
        await plane.install(ServingSnapshot(generation: 7, endpoints: [entry("a", digest: "fast", version: 2)]))
        await plane.install(ServingSnapshot(generation: 6, endpoints: []))
        #expect(plane.generation == 7)
        #expect(plane.endpoint(space: "default", name: "a")?.entry.version == 2)
    }

    @Test func `a snapshot of an unknown format changes nothing`() async {
        let plane = plane(GateRuntime())
        var snapshot = ServingSnapshot(generation: 1, endpoints: [entry("a", digest: "fast")])
        snapshot.format = 99
        await plane.install(snapshot)
        #expect(plane.endpoints.isEmpty)
    }

    @Test func `a model that cannot be loaded says why and the others answer`() async throws {
        let plane = plane(GateRuntime(broken: ["rotten"]))
        await plane.install(
            ServingSnapshot(generation: 1, endpoints: [entry("a", digest: "fast"), entry("b", digest: "rotten")]))
        let broken = try #require(plane.endpoint(space: "default", name: "b"))
        #expect(broken.state == .failed("digest mismatch in model.onnx"))
        let failure = await answer(broken, try request([1]))
        #expect(throws: PredictionError.notReady("endpoint 'b' is not ready: digest mismatch in model.onnx")) {
            try failure.get()
        }
        let good = try #require(plane.endpoint(space: "default", name: "a"))
        #expect(try await answer(good, request([1])).get().outputs.count == 1)
    }

    @Test func `endpoints of the same bytes share one loaded copy`() async throws {
        let runtime = GateRuntime()
        let plane = plane(runtime)
        try await plane.prepare(entry("a", digest: "fast"))
        await plane.install(
            ServingSnapshot(generation: 1, endpoints: [entry("a", digest: "fast"), entry("b", digest: "fast")]))
        await plane.install(
            ServingSnapshot(generation: 2, endpoints: [entry("a", digest: "fast"), entry("b", digest: "fast")]))
        #expect(runtime.loads == 1)
    }

    @Test func `a failed endpoint is not loaded again by every snapshot`() async {
        let runtime = GateRuntime(broken: ["rotten"])
        let plane = plane(runtime)
        for generation in 1...5 {
            await plane.install(ServingSnapshot(generation: generation, endpoints: [entry("b", digest: "rotten")]))
        }
        #expect(runtime.loads == 1)
    }

    @Test func `an unloaded endpoint says so and holds no model`() async throws {
        let runtime = GateRuntime()
        let plane = plane(runtime)
        await plane.install(
            ServingSnapshot(generation: 1, endpoints: [entry("a", digest: "fast", isLoaded: false)]))
        let endpoint = try #require(plane.endpoint(space: "default", name: "a"))
        #expect(endpoint.state == .unloaded)
        #expect(runtime.loads == 0)
        let result = await answer(endpoint, try request([1]))
        #expect(throws: PredictionError.unloaded) { try result.get() }
    }

    @Test func `a request that began before a swap ends on the version it began on`() async throws {
        let runtime = GateRuntime()
        let plane = plane(runtime)
        await plane.install(ServingSnapshot(generation: 1, endpoints: [entry("a", digest: "slow", version: 1)]))
        let first = try #require(plane.endpoint(space: "default", name: "a"))
        async let pending = answer(first, try request([4]))
        await runtime.gate.whenArrived(1)
        await plane.install(ServingSnapshot(generation: 2, endpoints: [entry("a", digest: "fast", version: 2)]))
        #expect(plane.endpoint(space: "default", name: "a")?.entry.version == 2)
        runtime.gate.open()
        #expect(try await pending.get().outputs.count == 1)
    }

    @Test func `a model that never comes back answers 'deadline exceeded' and blocks nobody else`() async throws {
        let runtime = GateRuntime()
        let plane = plane(runtime, width: 1)
        await plane.install(
            ServingSnapshot(
                generation: 1,
                endpoints: [entry("hung", digest: "slow", deadline: 30), entry("good", digest: "fast")]))
        let hung = try #require(plane.endpoint(space: "default", name: "hung"))
        let good = try #require(plane.endpoint(space: "default", name: "good"))
        async let running = answer(hung, try request([1]))
        await runtime.gate.whenArrived(1)
        // This one never begins: the only place of its model is taken.
        async let waiting = answer(hung, try request([1]))
        #expect(try await answer(good, request([5])).get().outputs.count == 1)
        for result in await [try running, try waiting] {
            #expect(throws: PredictionError.deadlineExceeded(milliseconds: 30)) { try result.get() }
        }
        runtime.gate.open()
    }

    @Test func `one prediction more than the queue holds is refused, and the rest are answered`() async throws {
        let runtime = GateRuntime()
        let plane = plane(runtime, width: 1, queueLimit: 3)
        await plane.install(ServingSnapshot(generation: 1, endpoints: [entry("a", digest: "slow")]))
        let endpoint = try #require(plane.endpoint(space: "default", name: "a"))
        let request = try request([1])
        async let first = answer(endpoint, request)
        await runtime.gate.whenArrived(1)
        #expect(endpoint.refusal == nil)
        let (answers, feed) = AsyncStream.makeStream(of: Result<PredictionResult, PredictionError>.self)
        for _ in 0..<5 { start(endpoint, request) { feed.yield($0) } }
        var iterator = answers.makeAsyncIterator()
        // Three wait; the other two were answered at once. Whoever comes now need not be heard.
        #expect(endpoint.refusal == .overloaded("3 predictions are waiting already"))
        for _ in 0..<2 {
            let refused = try #require(await iterator.next())
            #expect(throws: PredictionError.overloaded("3 predictions are waiting already")) { try refused.get() }
        }
        runtime.gate.open()
        for _ in 0..<3 { #expect(try await iterator.next()?.get().outputs.count == 1) }
        #expect(try await first.get().outputs.count == 1)
        #expect(endpoint.refusal == nil)
    }

    @Test func `a caller that goes away is told so and its waiting prediction is never computed`() async throws {
        let runtime = GateRuntime()
        let plane = plane(runtime, width: 1)
        await plane.install(ServingSnapshot(generation: 1, endpoints: [entry("a", digest: "slow")]))
        let endpoint = try #require(plane.endpoint(space: "default", name: "a"))
        let request = try request([1])
        async let first = answer(endpoint, request)
        await runtime.gate.whenArrived(1)
        let cancelled: Result<PredictionResult, PredictionError> = await withCheckedContinuation { continuation in
            let ticket = start(endpoint, request) { continuation.resume(returning: $0) }
            ticket?.cancel()
        }
        #expect(throws: PredictionError.cancelled) { try cancelled.get() }
        runtime.gate.open()
        #expect(try await first.get().outputs.count == 1)
    }
}
