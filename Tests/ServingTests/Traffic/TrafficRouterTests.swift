import CAllocationCount
import InferenceProtocol
import Tensors
import Testing

@testable import Serving

/// Endpoints with an open rollout, on a data plane.
@Suite struct TrafficRouterTests {
    private let prediction = PredictionID(high: 1, low: 2)

    private func router(_ plan: TrafficPlan) async throws -> (DataPlane, TrafficRouter) {
        let plane = TrafficFixture.plane(GateRuntime())
        let endpoint = try #require(await TrafficFixture.install(plane, 1, TrafficFixture.entry(plan)))
        return (plane, try #require(endpoint.traffic))
    }

    @Test func `while a server starts, waiting for models counts against no version of an open rollout`() async {
        let runtime = GateRuntime(loadsWait: true)
        let plane = TrafficFixture.plane(runtime)
        var plain = TrafficFixture.entry(version: 1, digest: "fast-plain")
        plain.name = "plain"
        plain.options.minInstances = 1
        let rollout = TrafficFixture.entry(TrafficFixture.plan([("canary", 1000)]))
        let snapshot = ServingSnapshot(generation: 1, endpoints: [plain, rollout])
        let installation = Task { await plane.install(snapshot) }
        while plane.endpoint(space: "default", name: "plain") == nil { await Task.yield() }
        #expect(plane.endpoint(space: "default", name: "churn") == nil)
        runtime.loadGate.open()
        await installation.value
        #expect(plane.endpoint(space: "default", name: "churn")?.traffic != nil)
    }

    @Test func `both versions are in memory and answer, each with its own statistics`() async throws {
        let runtime = GateRuntime()
        let plane = TrafficFixture.plane(runtime)
        let plan = TrafficFixture.plan([("canary", 5000)])
        try await plane.prepare(plan.targets[1].entry)
        let endpoint = try #require(await TrafficFixture.install(plane, 1, TrafficFixture.entry(plan)))
        #expect(runtime.loads == 2)
        let arms = try #require(endpoint.traffic?.arms)
        for arm in arms {
            #expect(arm.endpoint.isResident && arm.endpoint.variant == arm.variant)
            _ = try await TrafficFixture.answer(arm.endpoint, TrafficFixture.request([1])).get()
        }
        #expect(arms.map(\.endpoint.versionText) == ["1", "2"])
        #expect(arms[0].endpoint.statistics !== arms[1].endpoint.statistics)
        #expect(arms[0].endpoint.statistics === endpoint.statistics)
        #expect(endpoint.versions.map(\.versionText) == ["1", "2"])
    }

    @Test func `a change of weights keeps the versions loaded, their queues and their counts`() async throws {
        let runtime = GateRuntime()
        let plane = TrafficFixture.plane(runtime)
        var plan = TrafficFixture.plan([("canary", 100)])
        let before = try #require(await TrafficFixture.install(plane, 1, TrafficFixture.entry(plan))?.traffic)
        let request = try TrafficFixture.request([1])
        before.arms[1].observe(request, await TrafficFixture.answer(before.arms[1].endpoint, request), as: prediction)
        plan.targets[0].weight = 5000
        plan.targets[1].weight = 5000
        let after = try #require(await TrafficFixture.install(plane, 2, TrafficFixture.entry(plan))?.traffic)
        #expect(after !== before)
        #expect(after.arms[1].endpoint === before.arms[1].endpoint)
        #expect(runtime.loads == 2)
        let readings = plane.arms(space: "default", endpoint: "churn")
        #expect(readings.map(\.variant) == ["stable", "canary"] && readings.map(\.counts.requests) == [0, 1])
        // Another rollout begins at 0.
        plan.rollout = 2
        _ = await TrafficFixture.install(plane, 3, TrafficFixture.entry(plan))
        #expect(plane.arms(space: "default", endpoint: "churn").map(\.counts.requests) == [0, 0])
        #expect(plane.arms(space: "default", endpoint: "churn").map(\.rollout) == [2, 2])
    }

    @Test func `the end of a rollout leaves the version that serves, and keeps the one before`() async throws {
        let runtime = GateRuntime()
        let plane = TrafficFixture.plane(runtime)
        let plan = TrafficFixture.plan([("canary", 5000)])
        _ = await TrafficFixture.install(plane, 1, TrafficFixture.entry(plan))
        let promoted = TrafficFixture.entry(version: 2, digest: "fast2")
        let endpoint = try #require(await TrafficFixture.install(plane, 2, promoted))
        #expect(endpoint.traffic == nil && endpoint.isResident && runtime.loads == 2)
        #expect(plane.arms(space: "default", endpoint: "churn").isEmpty)
        // Going back loads nothing.
        _ = await TrafficFixture.install(plane, 3, TrafficFixture.entry(version: 1, digest: "fast1"))
        #expect(runtime.loads == 2)
    }

    @Test(arguments: [
        ("1", "1"), ("v:1", "1"), ("stable", "1"), ("2", "2"), ("v:2", "2"), ("canary", "2"), ("latest", "routed"),
        ("3", nil), ("v:3", nil), ("shadow", nil), ("v:", nil), ("", nil), ("v:canary", nil), ("Canary", nil),
    ])
    func `labels name what they say`(_ label: String, _ expected: String?) async throws {
        let (plane, _) = try await router(TrafficFixture.plan([("canary", 100)]))
        let endpoint = try #require(plane.endpoint(space: "default", name: "churn"))
        let found = endpoint.labelled(label)
        #expect((found === endpoint ? "routed" : found?.versionText) == expected)
    }

    @Test func `without a rollout the labels of the one version hold`() async throws {
        let plane = TrafficFixture.plane(GateRuntime())
        let endpoint = try #require(
            await TrafficFixture.install(plane, 1, TrafficFixture.entry(version: 3, digest: "fast")))
        for label in ["3", "v:3", "stable", "latest"] { #expect(endpoint.labelled(label) === endpoint) }
        for label in ["canary", "2", "v:2"] { #expect(endpoint.labelled(label) == nil) }
        #expect(endpoint.labelsText == "'stable' and 'v:3', and no rollout is open")
    }

    @Test func `a key goes where it went before the server started again`() async throws {
        let plan = TrafficFixture.plan([("canary", 2500)], sticky: .parameter("user"))
        let (_, first) = try await router(plan)
        let (_, second) = try await router(plan)
        for user in 0..<5000 {
            let request = try TrafficFixture.request([1], key: RoutingKey("user-\(user)"))
            let variant = first.arm(for: request, key: nil).variant
            #expect(first.arm(for: request, key: nil).variant == variant)
            #expect(second.arm(for: request, key: nil).variant == variant)
            #expect(plan.variant(of: RoutingKey("user-\(user)"), space: "default", endpoint: "churn") == variant)
        }
    }

    @Test func `an input can be the key, as a text or as a number`() async throws {
        let (_, router) = try await router(TrafficFixture.plan([("canary", 5000)], sticky: .input("x")))
        for value in 0..<200 {
            let request = try TrafficFixture.request([Float(value) + 0.5, 7])
            let variants = Set((0..<5).map { _ in router.arm(for: request, key: nil).variant })
            #expect(variants.count == 1)
        }
        func tensor(_ type: ElementType, _ bytes: [UInt8]) throws -> Tensor {
            let storage = TensorStorage(byteCount: bytes.count)
            storage.mutableBytes.copyBytes(from: bytes)
            return try Tensor(name: "x", elementType: type, shape: .vector(1), storage: storage)
        }
        #expect(try tensor(.int64, [42, 0, 0, 0, 0, 0, 0, 0]).routingKey == RoutingKey("42"))
        #expect(try tensor(.int8, [0xff]).routingKey == RoutingKey("-1"))
        #expect(try tensor(.bytes, [2, 0, 0, 0] + Array("42".utf8)).routingKey == RoutingKey("42"))
    }

    @Test func `without a key in the request it is drawn`() async throws {
        let (_, router) = try await router(TrafficFixture.plan([("canary", 5000)], sticky: .parameter("user")))
        let request = try TrafficFixture.request([1])
        #expect(Set((0..<200).map { _ in router.arm(for: request, key: nil).variant }) == ["stable", "canary"])
    }

    @Test(arguments: [nil, StickyKey.header("user-id"), .input("x")])
    func `choosing a version allocates nothing`(_ sticky: StickyKey?) async throws {
        let (_, router) = try await router(TrafficFixture.plan([("canary", 2500), ("third", 100)], sticky: sticky))
        let request = try TrafficFixture.request([1.5])
        let header = Array("a user with a name that is too long for a small string".utf8)
        let rounds = 20_000
        var variants = 0
        func chooseAll() {
            for _ in 0..<rounds {
                let key = router.keyHeader == nil ? nil : header.withUnsafeBytes { RoutingKey($0) }
                variants &+= router.arm(for: request, key: key).number
            }
        }
        chooseAll()
        let (before, start) = (allocation_count(), MonotonicClock.nanoseconds())
        chooseAll()
        let (after, end) = (allocation_count(), MonotonicClock.nanoseconds())
        #expect(after == before)
        print("choosing by \(sticky.map { "\($0)" } ?? "weight"): \((end - start) / UInt64(rounds)) ns in this build")
    }

    @Test func `predictions of an A-B test are remembered by variant`() async throws {
        let (plane, router) = try await router(TrafficFixture.plan([("b", 5000)], first: "a", strategy: .ab))
        let request = try TrafficFixture.request([1])
        let result = await TrafficFixture.answer(router.arms[1].endpoint, request)
        router.arms[1].observe(request, result, as: prediction)
        let found = plane.variant(ofPrediction: prediction, space: "default", endpoint: "churn")
        #expect(found?.variant == "b" && found?.rollout == 1)
        let other = PredictionID(high: 1, low: 3)
        #expect(plane.variant(ofPrediction: other, space: "default", endpoint: "churn") == nil)
        #expect(PredictionID(prediction.text) == prediction)
        #expect(PredictionID("1") == nil && PredictionID(String(repeating: "G", count: 32)) == nil)
    }

    @Test func `of a million predictions the last half is still known`() {
        let assignments = PredictionAssignments()
        let count = 1 << 20
        for number in 0..<count {
            assignments.note(PredictionID(high: 7, low: UInt64(number)), number % 3)
        }
        var lost = 0
        for number in (count / 2)..<count
        where assignments.variant(of: PredictionID(high: 7, low: UInt64(number))) != number % 3 { lost += 1 }
        #expect(lost < count / 1000)
        #expect(assignments.variant(of: PredictionID(high: 8, low: 0)) == nil)
    }
}
