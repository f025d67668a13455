import InferenceProtocol
import Runtimes
import Testing

@testable import Serving

@Suite struct ScaleToZeroTests: ResidencySuite {
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
}
