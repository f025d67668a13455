import Runtimes
import Testing

@testable import Serving

@Suite struct PreparedModelTests: ResidencySuite {
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
}
