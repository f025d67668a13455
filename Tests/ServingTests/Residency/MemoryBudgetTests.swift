import Runtimes
import Testing

@testable import Serving

@Suite struct MemoryBudgetTests: ResidencySuite {
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
}
