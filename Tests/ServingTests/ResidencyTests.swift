import InferenceProtocol
import Logging
import NIOCore
import NIOPosix
import Runtimes
import Tensors
import Testing

@testable import Serving

@Suite struct ResidencyTests {
    /// Seconds: however slow the machine, no test takes as long.
    private static let day = 86_400

    private func plane(
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
    private func entry(
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

    private func snapshot(_ generation: Int, _ entries: EndpointEntry...) -> ServingSnapshot {
        ServingSnapshot(generation: generation, endpoints: entries)
    }

    private func request() throws -> InferenceRequest {
        let storage = TensorStorage(byteCount: 4)
        storage.mutableBytes.storeBytes(of: 21, as: Float.self)
        let tensor = try Tensor(name: "x", elementType: .fp32, shape: .vector(1), storage: storage)
        return InferenceRequest(inputs: [tensor], outputs: [RequestedOutput(index: 0)])
    }

    private func begin(
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

    private func ask(_ plane: DataPlane, _ name: String) async throws -> Result<PredictionResult, PredictionError> {
        let (answers, feed) = AsyncStream.makeStream(of: Result<PredictionResult, PredictionError>.self)
        _ = try begin(plane, name) { feed.yield($0) }
        for await answer in answers { return answer }
        throw CancellationError()
    }

    private func value(_ result: Result<PredictionResult, PredictionError>) throws -> Float {
        try result.get().outputs[0].storage.bytes.loadUnaligned(as: Float.self)
    }

    private func expectRight(
        _ result: Result<PredictionResult, PredictionError>, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let value = try value(result)
        #expect(value == 42, sourceLocation: sourceLocation)
    }

    /// The threads that loaded a model or ran it may hold it for another moment.
    private func expectBytes(
        _ plane: DataPlane, _ bytes: Int, sourceLocation: SourceLocation = #_sourceLocation
    ) async {
        for _ in 0..<1_000_000 where plane.modelBytes != bytes { await Task.yield() }
        #expect(plane.modelBytes == bytes, sourceLocation: sourceLocation)
    }

    private func state(_ plane: DataPlane, _ name: String) -> EndpointState? {
        plane.endpoint(space: "default", name: name)?.state
    }

    private func later(days: Double) -> UInt64 {
        MonotonicClock.nanoseconds() + UInt64(days * Double(Self.day)) * 1_000_000_000
    }

    // MARK: - Scale to zero

    @Test func `an endpoint that may do without its model is ready, and loads it for the first request`() async throws {
        let runtime = GateRuntime()
        let plane = plane(runtime)
        await plane.install(snapshot(1, entry("a")))
        #expect(state(plane, "a") == .idle)
        #expect(plane.endpoint(space: "default", name: "a")?.isReady == true)
        #expect(runtime.loads == 0)
        try await expectRight(ask(plane, "a"))
        #expect(state(plane, "a") == .ready)
        #expect(runtime.loads == 1)
    }

    @Test func `it leaves memory after its idle time, not before, and comes back`() async throws {
        let runtime = GateRuntime()
        let plane = plane(runtime)
        await plane.install(snapshot(1, entry("a")))
        try await expectRight(ask(plane, "a"))
        plane.unloadIdle(at: later(days: 0.5))
        #expect(state(plane, "a") == .ready)
        plane.unloadIdle(at: later(days: 1.5))
        #expect(state(plane, "a") == .idle)
        await expectBytes(plane, 0)
        try await expectRight(ask(plane, "a"))
        #expect(runtime.loads == 2)
    }

    @Test func `one that wants an instance at all times never leaves for idleness`() async throws {
        let plane = plane(GateRuntime())
        await plane.install(snapshot(1, entry("a", minInstances: 1, idleSeconds: 1)))
        plane.unloadIdle(at: later(days: 9))
        #expect(state(plane, "a") == .ready)
    }

    @Test func `a model that is running does not leave for idleness`() async throws {
        let runtime = GateRuntime()
        let plane = plane(runtime)
        await plane.install(snapshot(1, entry("a", digest: "slow")))
        async let answer = ask(plane, "a")
        await runtime.gate.whenArrived(1)
        plane.unloadIdle(at: later(days: 9))
        #expect(state(plane, "a") == .ready)
        runtime.gate.open()
        try await expectRight(answer)
    }

    @Test func `requests that come together load the model once, and all are answered`() async throws {
        let runtime = GateRuntime(loadsWait: true)
        let plane = plane(runtime)
        await plane.install(snapshot(1, entry("a")))
        try await withThrowingTaskGroup(of: Float.self) { group in
            for _ in 0..<8 { group.addTask { try value(await ask(plane, "a")) } }
            await runtime.loadGate.whenArrived(1)
            #expect(state(plane, "a") == .loading)
            #expect(plane.endpoint(space: "default", name: "a")?.isReady == true)
            runtime.loadGate.open()
            for try await value in group { #expect(value == 42) }
        }
        #expect(runtime.loads == 1)
    }

    @Test func `more than the queue holds are refused while the model comes, the others are answered`() async throws {
        let runtime = GateRuntime(loadsWait: true)
        let plane = plane(runtime, queueLimit: 2)
        await plane.install(snapshot(1, entry("a")))
        let (answers, feed) = AsyncStream.makeStream(of: Result<PredictionResult, PredictionError>.self)
        for _ in 0..<3 { _ = try begin(plane, "a") { feed.yield($0) } }
        var iterator = answers.makeAsyncIterator()
        let refused = try #require(await iterator.next())
        #expect(throws: PredictionError.overloaded("2 predictions are waiting already")) { try refused.get() }
        #expect(plane.endpoint(space: "default", name: "a")?.queueDepth == 2)
        runtime.loadGate.open()
        for _ in 0..<2 {
            let answer = try #require(await iterator.next())
            #expect(try value(answer) == 42)
        }
    }

    @Test func `a request's deadline holds while the model comes`() async throws {
        let runtime = GateRuntime(loadsWait: true)
        let plane = plane(runtime)
        await plane.install(snapshot(1, entry("a", deadline: 20)))
        let late = try await ask(plane, "a")
        #expect(throws: PredictionError.deadlineExceeded(milliseconds: 20)) { try late.get() }
        runtime.loadGate.open()
    }

    @Test func `a caller that goes away while the model comes is told so, and nothing is computed`() async throws {
        let runtime = GateRuntime(loadsWait: true)
        let plane = plane(runtime)
        await plane.install(snapshot(1, entry("a")))
        let (answers, feed) = AsyncStream.makeStream(of: Result<PredictionResult, PredictionError>.self)
        let ticket = try begin(plane, "a") { feed.yield($0) }
        ticket?.cancel()
        var iterator = answers.makeAsyncIterator()
        let given = try #require(await iterator.next())
        #expect(throws: PredictionError.cancelled) { try given.get() }
        runtime.loadGate.open()
        try await expectRight(ask(plane, "a"))
        #expect(runtime.runs == 1)
    }

    @Test func `whoever stops waiting for a load makes room for the next`() async throws {
        let runtime = GateRuntime(loadsWait: true)
        let plane = plane(runtime, queueLimit: 1)
        await plane.install(snapshot(1, entry("a")))
        let (answers, feed) = AsyncStream.makeStream(of: Result<PredictionResult, PredictionError>.self)
        for _ in 0..<3 {
            let ticket = try begin(plane, "a") { feed.yield($0) }
            #expect(plane.endpoint(space: "default", name: "a")?.queueDepth == 1)
            ticket?.cancel()
            #expect(plane.endpoint(space: "default", name: "a")?.queueDepth == 0)
        }
        let last = try begin(plane, "a") { feed.yield($0) }
        #expect(last != nil)
        runtime.loadGate.open()
        var iterator = answers.makeAsyncIterator()
        for _ in 0..<3 {
            let given = try #require(await iterator.next())
            #expect(throws: PredictionError.cancelled) { try given.get() }
        }
        try expectRight(try #require(await iterator.next()))
    }

    @Test func `while the first snapshot loads its endpoints are there, and requests wait for their models`()
        async throws
    {
        let runtime = GateRuntime(loadsWait: true)
        let plane = plane(runtime)
        let first = snapshot(1, entry("a", minInstances: 1), entry("b", minInstances: 1))
        let installation = Task { await plane.install(first) }
        while plane.endpoint(space: "default", name: "b") == nil { await Task.yield() }
        let (answers, feed) = AsyncStream.makeStream(of: Result<PredictionResult, PredictionError>.self)
        let ticket = try begin(plane, "b") { feed.yield($0) }
        #expect(ticket != nil)
        #expect(!plane.isReady)
        while state(plane, "a") != .loading { await Task.yield() }
        #expect(plane.endpoint(space: "default", name: "a")?.isReady == false, "it was never there")
        runtime.loadGate.open()
        var iterator = answers.makeAsyncIterator()
        try expectRight(try #require(await iterator.next()))
        await installation.value
        #expect(plane.isReady)
        #expect(state(plane, "a") == .ready)
        #expect(runtime.loads == 2)
    }

    @Test func `a load that fails tells who waited why`() async throws {
        let plane = plane(GateRuntime(broken: ["rotten"]))
        await plane.install(snapshot(1, entry("a", digest: "rotten")))
        let why = PredictionError.notReady("endpoint 'a' is not ready: digest mismatch in model.onnx")
        let failed = try await ask(plane, "a")
        #expect(throws: why) { try failed.get() }
        #expect(state(plane, "a") == .failed("digest mismatch in model.onnx"))
        #expect(plane.endpoint(space: "default", name: "a")?.isReady == false)
    }

    @Test func `a request that comes too soon after a failed load hears of it, a deploy tries at once`() {
        let second: UInt64 = 1_000_000_000
        let place = ModelPlace(entry("a"))
        let error = ModelLoadError(.fileMissing, "gone")
        func wish(at now: UInt64, limit: Int? = 8) -> String {
            switch place.wish(limit: limit, now: now, then: { _ in }) {
            case .mustLoad: "load"
            case .failed(let error): error.message
            case .fulfilled, .joined, .full: "another"
            }
        }
        #expect(wish(at: 0) == "load")
        place.finish(.failure(error), now: 5 * second)
        #expect(wish(at: 6 * second - 1) == "gone")
        #expect(wish(at: 6 * second) == "load")
        place.finish(.failure(error), now: 7 * second)
        #expect(wish(at: 8 * second) == "gone")
        #expect(wish(at: 8 * second, limit: nil) == "load")
    }

    // MARK: - Memory budget

    @Test func `the least recently used model leaves for one that is asked for, and comes back when it is`()
        async throws
    {
        let runtime = GateRuntime()
        let plane = plane(runtime, budget: 2 << 40)
        await plane.install(
            snapshot(
                1, entry("a", minInstances: 1), entry("b", minInstances: 1), entry("c", minInstances: 0)))
        await expectBytes(plane, 2 << 40)
        try await expectRight(ask(plane, "b"))
        try await expectRight(ask(plane, "a"))
        try await expectRight(ask(plane, "c"))
        #expect(state(plane, "a") == .ready)
        #expect(state(plane, "b") == .idle)
        try await expectRight(ask(plane, "b"))
        #expect(state(plane, "a") == .idle)
        await expectBytes(plane, 2 << 40)
        #expect(runtime.loads == 4)
    }

    @Test func `at the start nobody is thrown out for the next one: what does not fit waits to be asked for`()
        async throws
    {
        let runtime = GateRuntime()
        let plane = plane(runtime, budget: 2 << 40)
        await plane.install(
            snapshot(
                1, entry("a", minInstances: 1), entry("b", minInstances: 1), entry("c", minInstances: 1),
                entry("d", minInstances: 1)))
        #expect(runtime.loads == 2)
        #expect(plane.endpoints.allSatisfy { $0.isReady })
        #expect(plane.endpoints.filter { $0.isResident }.count == 2)
    }

    @Test func `a model beyond the whole budget is refused with the figures, and nothing leaves for it`() async throws {
        let plane = plane(GateRuntime(), budget: 1 << 40)
        await plane.install(snapshot(1, entry("a", minInstances: 1)))
        let error = await #expect(throws: ModelLoadError.self) {
            try await plane.prepare(entry("big", size: (1 << 40) + 1))
        }
        #expect(error?.reason == .outOfMemory)
        #expect(
            error?.message == "it takes about 1099511627777 bytes of memory, more than all models may have together "
                + "(memory_budget_bytes is 1099511627776)")
        #expect(state(plane, "a") == .ready)
    }

    @Test func `a running model is not cut when it must leave: its run ends, and only then does the other load`()
        async throws
    {
        let runtime = GateRuntime()
        let plane = plane(runtime, budget: 1 << 40)
        await plane.install(snapshot(1, entry("a", digest: "slow"), entry("b")))
        async let running = ask(plane, "a")
        await runtime.gate.whenArrived(1)
        async let waiting = ask(plane, "b")
        while state(plane, "a") != .idle { await Task.yield() }
        #expect(runtime.loads == 1)
        runtime.gate.open()
        try await expectRight(running)
        try await expectRight(waiting)
        #expect(runtime.loads == 2)
    }

    @Test func `a load that nobody waits for takes nobody's place`() async throws {
        let plane = plane(GateRuntime(), budget: 2 << 40)
        await plane.install(snapshot(1, entry("a", minInstances: 1), entry("b"), entry("c")))
        try await expectRight(ask(plane, "b"))
        let c = try #require(plane.endpoint(space: "default", name: "c"))
        let place = try #require(c.place)
        #expect(c.residency.wishIfRoom(place) == nil)
        #expect([state(plane, "a"), state(plane, "b"), state(plane, "c")] == [.ready, .ready, .idle])
        await plane.install(snapshot(2, entry("a", minInstances: 1), entry("c")))
        await expectBytes(plane, 1 << 40)
        guard case .mustLoad = c.residency.wishIfRoom(place) else {
            Issue.record("c was there, or found no room")
            return
        }
        for _ in 0..<30_000 where state(plane, "c") != .ready { try await Task.sleep(for: .milliseconds(1)) }
        #expect(state(plane, "c") == .ready && c.queueDepth == 0)
    }

    // MARK: - What is prepared

    @Test func `what two deploys have prepared stays until both have given it back`() async throws {
        let runtime = GateRuntime()
        let plane = plane(runtime)
        let (a, b) = (entry("a", digest: "fast", minInstances: 1), entry("b", digest: "fast", minInstances: 1))
        try await plane.prepare(a)
        try await plane.prepare(b)
        await plane.install(snapshot(1, a))
        plane.discard(a)
        // a is deleted before b is published.
        await plane.install(snapshot(2))
        await expectBytes(plane, 1 << 40)
        await plane.install(snapshot(3, b))
        plane.discard(b)
        #expect(state(plane, "b") == .ready)
        #expect(runtime.loads == 1)
        await plane.install(snapshot(4))
        await expectBytes(plane, 0)
    }

    @Test func `what was prepared and is not served leaves as soon as it is given back`() async throws {
        let plane = plane(GateRuntime())
        let next = entry("a", version: 2, minInstances: 1)
        await plane.install(snapshot(1, entry("a", minInstances: 1)))
        try await plane.prepare(next)
        await plane.install(snapshot(2, entry("a", minInstances: 1)))
        await expectBytes(plane, 2 << 40)
        plane.discard(next)
        await expectBytes(plane, 1 << 40)
        #expect(state(plane, "a") == .ready)
    }

    @Test func `somebody looks after what may be idle once it is given back`() async throws {
        let plane = plane(GateRuntime())
        let entry = entry("a", idleSeconds: 1)
        try await plane.prepare(entry)
        await plane.install(snapshot(1, entry))
        plane.discard(entry)
        for _ in 0..<3000 where state(plane, "a") != .idle { try await Task.sleep(for: .milliseconds(10)) }
        #expect(state(plane, "a") == .idle)
    }

    // MARK: - Superseded versions

    @Test func `going back to the version before loads nothing`() async throws {
        let runtime = GateRuntime()
        let plane = plane(runtime)
        let (one, two) = (entry("a", version: 1, minInstances: 1), entry("a", version: 2, minInstances: 1))
        await plane.install(snapshot(1, one))
        for generation in 2...7 {
            let next = generation.isMultiple(of: 2) ? two : one
            try await plane.prepare(next)
            await plane.install(snapshot(generation, next))
            plane.discard(next)
        }
        #expect(runtime.loads == 2)
    }

    @Test func `one version before is kept at most, and not for ever`() async throws {
        let plane = plane(GateRuntime(), keepSuperseded: Self.day)
        for version in 1...5 {
            let entry = entry("a", version: version, size: 100 << 30, minInstances: 1)
            try await plane.prepare(entry)
            await plane.install(snapshot(version, entry))
            plane.discard(entry)
            await expectBytes(plane, min(version, 2) * (100 << 30))
        }
        plane.unloadIdle(at: later(days: 0.5))
        await expectBytes(plane, 2 * (100 << 30))
        plane.unloadIdle(at: later(days: 1.5))
        await expectBytes(plane, 100 << 30)
        #expect(state(plane, "a") == .ready)
    }

    @Test func `the version before is the first to leave when memory is short`() async throws {
        let plane = plane(GateRuntime(), budget: 3 << 40)
        await plane.install(snapshot(1, entry("a", version: 1, minInstances: 1), entry("b", minInstances: 1)))
        try await plane.prepare(entry("a", version: 2, minInstances: 1))
        await plane.install(snapshot(2, entry("a", version: 2, minInstances: 1), entry("b", minInstances: 1)))
        plane.discard(entry("a", version: 2, minInstances: 1))
        await expectBytes(plane, 3 << 40)
        try await plane.prepare(entry("c", minInstances: 1))
        await plane.install(
            snapshot(
                3, entry("a", version: 2, minInstances: 1), entry("b", minInstances: 1), entry("c", minInstances: 1)))
        #expect(plane.endpoints.allSatisfy { $0.isResident })
        await expectBytes(plane, 3 << 40)
    }

    @Test func `an endpoint that is deleted or unloaded keeps nothing in memory`() async throws {
        let plane = plane(GateRuntime())
        await plane.install(snapshot(1, entry("a", minInstances: 1), entry("b", minInstances: 1)))
        var unloaded = entry("b", minInstances: 1)
        unloaded.isLoaded = false
        await plane.install(snapshot(2, unloaded))
        await expectBytes(plane, 0)
    }
}
