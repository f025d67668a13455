import Foundation
import InferenceProtocol
import Runtimes
import Tensors
import Testing

@testable import Serving

/// A candidate that sees what the primary sees.
@Suite struct ShadowTests {
    private func installed(
        _ candidate: String, share: Int = TrafficPlan.whole, queueLimit: Int = 256, segment: String? = nil,
        minInstances: Int = 1, runtime: any ModelRuntime = ScaleRuntime()
    ) async throws -> (DataPlane, TrafficArm) {
        let plane = TrafficFixture.plane(runtime)
        var plan = TrafficFixture.plan(
            [("shadow", 0)], strategy: .shadow,
            shadow: ShadowPlan(variant: "shadow", share: share, queueLimit: queueLimit, segmentInput: segment))
        plan.targets[0].entry.artifact.digest = "primary-2"
        plan.targets[1].entry.artifact.digest = candidate
        plan.targets[1].entry.options.minInstances = minInstances
        let endpoint = try #require(await TrafficFixture.install(plane, 1, TrafficFixture.entry(plan)))
        return (plane, try #require(endpoint.traffic?.arms.first))
    }

    private func ask(_ arm: TrafficArm, _ values: [Float], _ number: UInt64 = 0) async throws {
        let request = try TrafficFixture.request(values)
        let result = await TrafficFixture.answer(arm.endpoint, request)
        _ = try result.get()
        arm.observe(request, result, as: PredictionID(high: 0, low: number))
    }

    /// What has been read once `isThere`.
    private func reading(_ plane: DataPlane, _ isThere: (ShadowReading) -> Bool) async throws -> ShadowReading {
        for _ in 0..<10_000 {
            let reading = try #require(plane.shadowReading(space: "default", endpoint: "churn"))
            if isThere(reading) { return reading }
            try await Task.sleep(for: .milliseconds(1))
        }
        return try #require(plane.shadowReading(space: "default", endpoint: "churn"))
    }

    @Test func `a candidate that answers alike agrees on every row`() async throws {
        let (plane, arm) = try await installed("other-2.0001")
        for value in 0..<20 { try await ask(arm, [Float(value), -1]) }
        let reading = try await reading(plane) { $0.compared.requests == 20 }
        #expect(reading.mirrored == 20 && reading.dropped == 0 && reading.errors == 0)
        #expect(reading.compared == ShadowReading.Compared(requests: 20, requestsApart: 0, rows: 40, rowsApart: 0))
        #expect(reading.outputs.first?.name == "y" && reading.outputs.first?.rows == 40)
        #expect(reading.worst.isEmpty)
        #expect(reading.primaryLatency.reduce(0, +) == 20 && reading.candidateLatency.reduce(0, +) == 20)
    }

    private final class Slot: Sendable {}

    @Test func `what was lent for one prediction goes back, however long the candidate takes`() async throws {
        let (_, arm) = try await installed("other-2.0001")
        weak var slot: Slot?
        do {
            let owner = Slot()
            slot = owner
            let own = TensorStorage(byteCount: 8192)
            own.mutableBytes.initializeMemory(as: UInt8.self, repeating: 0)
            let lent = TensorStorage(borrowing: own.base, byteCount: 8192, owner: owner)
            let output = try Tensor(name: "y", elementType: .fp32, shape: .vector(2048), storage: lent)
            let request = try TrafficFixture.request(Array(repeating: 0, count: 2048))
            arm.observe(
                request, .success(PredictionResult(outputs: [output], queue: 0, compute: 1)),
                as: PredictionID(high: 0, low: 1))
            withExtendedLifetime(own) {}
        }
        #expect(slot == nil)
    }

    @Test func `rows that are apart are counted, by segment too, and the worst are kept with both answers`()
        async throws
    {
        let (plane, arm) = try await installed("other-3", segment: "x")
        // 0 is 0 whatever it is multiplied by.
        for number in 0..<30 { try await ask(arm, [0, Float(number)], UInt64(number)) }
        let reading = try await reading(plane) { $0.compared.requests == 30 }
        #expect(reading.compared == ShadowReading.Compared(requests: 30, requestsApart: 29, rows: 60, rowsApart: 29))
        #expect(reading.outputs.first?.largestDifference == 29)
        #expect(reading.worst.count == ShadowReading.worstKept)
        let badness = reading.worst.map(\.badness)
        #expect(badness == badness.sorted(by: >))
        let worst = try #require(reading.worst.first)
        #expect(worst.output == "y" && worst.row == 1)
        #expect(worst.primary.count == 1 && worst.candidate.count == 1)
        let zero = reading.segments.first { $0.value == "0.0" }
        #expect(zero?.rows == 31 && zero?.rowsApart == 0)
        #expect(reading.segments.reduce(0) { $0 + $1.rowsApart } == 29)
        #expect(try JSONDecoder().decode(ShadowReading.self, from: try JSONEncoder().encode(reading)) == reading)
    }

    @Test func `a candidate that fails is counted, and the primary has answered`() async throws {
        let (plane, arm) = try await installed("bad-2")
        try await ask(arm, [1])
        try await ask(arm, [-1])
        let reading = try await reading(plane) { $0.errors + $0.compared.requests == 2 }
        #expect(reading.errors == 1 && reading.compared.requests == 1)
        #expect(reading.lastError == "it cannot take what is negative")
    }

    @Test func `a candidate that hangs keeps nobody waiting, and what does not fit is dropped`() async throws {
        let runtime = ScaleRuntime()
        let (plane, arm) = try await installed("gated-2", queueLimit: 3, runtime: runtime)
        try await ask(arm, [1])
        await runtime.gate.whenArrived(1)
        for _ in 0..<10 { try await ask(arm, [1]) }
        let during = try #require(plane.shadowReading(space: "default", endpoint: "churn"))
        #expect(during.mirrored == 11 && during.dropped == 7 && during.compared.requests == 0)
        runtime.gate.open()
        let after = try await reading(plane) { $0.compared.requests == 4 }
        #expect(after.compared.requests == 4 && after.dropped == 7)
    }

    /// The candidate as the plane has it now.
    private func candidate(_ plane: DataPlane) throws -> Endpoint {
        try #require(plane.endpoint(space: "default", name: "churn")?.traffic?.arms.last?.endpoint)
    }

    private func wait(for state: EndpointState, of endpoint: Endpoint) async throws {
        for _ in 0..<60_000 where endpoint.state != state { try await Task.sleep(for: .milliseconds(1)) }
        #expect(endpoint.state == state)
    }

    @Test func `a candidate that is not in memory is sent for, and what comes meanwhile is dropped, no failure`()
        async throws
    {
        let runtime = GateRuntime(loadsWait: true)
        // For the primary.
        runtime.loadGate.openOnce()
        let (plane, arm) = try await installed("other-2", minInstances: 0, runtime: runtime)
        let candidate = try candidate(plane)
        #expect(candidate.state == .idle)
        for _ in 0..<5 { try await ask(arm, [1]) }
        let during = try await reading(plane) { $0.dropped == 5 }
        #expect(during.mirrored == 5 && during.dropped == 5 && during.errors == 0)
        await runtime.loadGate.whenArrived(2)
        #expect(candidate.state == .loading)
        #expect(candidate.queueDepth == 0, "nobody waits for it")
        runtime.loadGate.open()
        try await wait(for: .ready, of: candidate)
        try await ask(arm, [1])
        let after = try await reading(plane) { $0.compared.requests == 1 }
        #expect(after.compared.requests == 1 && after.dropped == 5 && after.errors == 0)
        #expect(runtime.loads == 2)
    }

    @Test func `a candidate that has left memory comes back, and being mirrored to counts as use`() async throws {
        let (plane, arm) = try await installed("other-2", minInstances: 0)
        let candidate = try candidate(plane)
        try await ask(arm, [1])
        try await wait(for: .ready, of: candidate)
        let loaded = try #require(candidate.place?.model?.lastUse)
        try await ask(arm, [1])
        _ = try await reading(plane) { $0.compared.requests == 1 }
        let used = try #require(candidate.place?.model?.lastUse)
        #expect(used > loaded)
        let idle = UInt64(EndpointOptions.defaultIdleSeconds) * 1_000_000_000
        plane.unloadIdle(at: used + idle - 1)
        #expect(candidate.state == .ready)
        plane.unloadIdle(at: used + idle)
        #expect(candidate.state == .idle)
        try await ask(arm, [1])
        try await wait(for: .ready, of: candidate)
        try await ask(arm, [1])
        let last = try await reading(plane) { $0.compared.requests == 2 }
        #expect(last.compared.requests == 2 && last.dropped == 2 && last.errors == 0)
    }

    @Test func `a candidate that cannot be loaded fails, and is not tried again by each request`() async throws {
        let runtime = GateRuntime(broken: ["rotten"])
        let (plane, arm) = try await installed("rotten", minInstances: 0, runtime: runtime)
        let candidate = try candidate(plane)
        try await ask(arm, [1])
        try await wait(for: .failed("digest mismatch in model.onnx"), of: candidate)
        var last = try await reading(plane) { $0.dropped == 1 }
        #expect(last.dropped == 1 && last.errors == 0)
        // On a slow machine the time to try again may have come.
        for asked: UInt64 in 2...100 {
            try await ask(arm, [1])
            last = try await reading(plane) { $0.errors + $0.dropped == asked }
        }
        #expect(last.errors + last.dropped == 100 && last.errors > 0)
        #expect(last.lastError == "its model cannot be loaded: digest mismatch in model.onnx")
        #expect(runtime.loads < 10)
    }

    @Test func `only a share is mirrored where the plan says so`() async throws {
        let (plane, arm) = try await installed("other-2", share: 1000)
        for _ in 0..<1000 { try await ask(arm, [1]) }
        let reading = try #require(plane.shadowReading(space: "default", endpoint: "churn"))
        // A tenth, within five standard deviations.
        #expect((53...147).contains(reading.mirrored))
    }

    @Test func `texts, classes and shapes that differ are apart by more than any number`() throws {
        let signature = Signature(
            inputs: [],
            outputs: [
                TensorSpec(name: "class", elementType: .int64, shape: [.unknown]),
                TensorSpec(name: "text", elementType: .bytes, shape: [.unknown]),
                TensorSpec(name: "score", elementType: .fp32, shape: [.unknown]),
            ])
        let plan = ShadowPlan(
            variant: "b", share: 1, tolerances: ["score": ShadowPlan.Tolerance(relative: 0, absolute: 0.5)])
        let comparison = ShadowComparison(plan, signature)
        func classes(_ values: [Int64]) -> Tensor {
            let storage = TensorStorage(byteCount: values.count * 8)
            values.withUnsafeBytes { storage.mutableBytes.copyMemory(from: $0) }
            return Tensor(checkedName: "class", elementType: .int64, shape: .vector(values.count), storage: storage)
        }
        func texts(_ values: [String]) throws -> Tensor {
            let storage = try #require(BytesElements.encode(values.map { Array($0.utf8) }))
            return Tensor(checkedName: "text", elementType: .bytes, shape: .vector(values.count), storage: storage)
        }
        func scores(_ values: [Float]) -> Tensor {
            let storage = TensorStorage(byteCount: values.count * 4)
            values.withUnsafeBytes { storage.mutableBytes.copyMemory(from: $0) }
            return Tensor(checkedName: "score", elementType: .fp32, shape: .vector(values.count), storage: storage)
        }
        let request = InferenceRequest(inputs: [], outputs: (0..<3).map { RequestedOutput(index: $0) })
        let answers = comparison.compare(
            request, [classes([1, 2, 3]), try texts(["a", "b", "c"]), scores([1, 2, .nan])],
            [classes([1, 9, 3]), try texts(["a", "b", "x"]), scores([1.25, 2, .nan])], rows: 3)
        let far = ShadowComparison.unmeasured
        func badness(_ answers: ShadowComparison.Answers) -> [[Double]] {
            (0..<answers.rows).map { row in answers.outputs.indices.map { answers.badness(row, $0) } }
        }
        #expect(badness(answers) == [[0, 0, 0.5], [far, 0, 0], [0, far, 0]])
        #expect((0..<3).map { answers.isApart($0) } == [false, true, true])
        let other = comparison.compare(
            request, [classes([1]), try texts(["a"]), scores([1])], [classes([1]), try texts(["a"]), scores([1, 2])],
            rows: 1)
        #expect(badness(other) == [[0, 0, far]])
        let same = comparison.compare(
            request, [classes([1]), try texts(["a"]), scores([.nan])],
            [classes([1]), try texts(["a"]), scores([.nan])], rows: 1)
        #expect(badness(same) == [[0, 0, 0]] && same.areAlike && !same.isApart(0))
    }

    @Test func `segments beyond those that are kept share one line`() {
        let tally = ShadowTally(rollout: 1, variant: "b", Signature(inputs: [], outputs: []))
        for number in 0..<100 {
            tally.compared(
                ShadowComparison.Answers(outputs: [], rows: 1, primary: [], candidate: [], segments: ["\(number)"]),
                of: PredictionID(high: 0, low: 0))
        }
        let reading = tally.reading()
        #expect(reading.segments.count == ShadowTally.segmentsKept + 1)
        #expect(reading.segments.last { $0.value == nil }?.rows == UInt64(100 - ShadowTally.segmentsKept))
    }
}
