import Runtimes
import Testing

@testable import Serving

@Suite struct SupersededVersionTests: ResidencySuite {
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
