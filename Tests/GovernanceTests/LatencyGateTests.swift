import Governance
import InferenceProtocol
import Journal
import Registry
import Runtimes
import Synchronization
import Tensors
import Testing

/// A clock that only models move on.
private final class FakeClock: Sendable {
    private let time = Mutex<UInt64>(1_000_000_000)

    var now: UInt64 { time.withLock { $0 } }

    func advance(milliseconds: Double) { time.withLock { $0 += UInt64(milliseconds * 1_000_000) } }
}

@Suite struct LatencyGateTests {
    private static let input = TensorSpec(name: "x", elementType: .fp32, shape: [.symbolic("n"), .fixed(1)])
    private static let output = TensorSpec(name: "y", elementType: .fp32, shape: [.symbolic("n"), .fixed(1)])
    private let clock = FakeClock()

    /// Takes `milliseconds`, and ten times as long for one request in `slowEach`.
    private func body(_ milliseconds: Double, slowEach: Int = .max) -> FunctionScoring.Body {
        let counter = Counter()
        return { [clock] (inputs) throws(RunError) in
            clock.advance(milliseconds: counter.next() % slowEach == slowEach - 1 ? milliseconds * 10 : milliseconds)
            return inputs.map {
                Tensor(checkedName: "y", elementType: .fp32, shape: $0.shape, storage: $0.storage)
            }
        }
    }

    private final class Counter: Sendable {
        private let count = Mutex(0)

        func next() -> Int {
            count.withLock { count in
                defer { count += 1 }
                return count
            }
        }
    }

    private func version(_ digest: String, _ inputs: [TensorSpec] = [input]) -> ModelVersion {
        .test(digest == "candidate" ? 4 : 3, digest, inputs: inputs, outputs: [Self.output])
    }

    private func report(
        _ rule: LatencyRule, candidate: @escaping FunctionScoring.Body, champion: FunctionScoring.Body? = nil,
        championInputs: [TensorSpec] = [input], golden: [GoldenRequest] = [], table: DataTable = .of([])
    ) async -> GateReport {
        var scoring = FunctionScoring(bodies: ["candidate": candidate], golden: golden)
        scoring.bodies["champion"] = champion
        let gate = LatencyGate(
            name: "fast", rule: rule, data: OneTable(table: table), scorer: scoring,
            nanoseconds: { [clock] in clock.now })
        let subject = GateSubject(
            promotion: 1, candidate: version("candidate"),
            champion: champion == nil ? nil : version("champion", championInputs), source: "dev", target: "prod")
        return await gate.run(on: subject) { _ in }
    }

    @Test func `quantiles and throughput are held against limits`() async {
        let rule = LatencyRule(
            maxP50Milliseconds: 3, maxP99Milliseconds: 10, minRequestsPerSecond: 300, minRowsPerSecond: 300)
        let report = await report(rule, candidate: body(2, slowEach: 50))
        #expect(report.outcome == .failed)
        #expect(report.figure("p50 ms")?.candidate == 2)
        #expect(report.figure("p50 ms")?.passed == true)
        #expect(report.figure("p99 ms")?.candidate == 20)
        #expect(report.figure("p99 ms")?.passed == false)
        #expect(report.figure("requests/s")?.passed == true)
        #expect(report.figure("requests/s")?.candidate.map { 400...500 ~= $0 } == true)
        #expect(report.summary.contains("1 of 4 limits missed: p99 ms is 20, allowed is at most 10"))
        #expect(report.notes.contains { $0.contains("one made-up request (zeros) for churn:4") })
    }

    @Test func `a candidate twice as slow as the champion fails a ratio of one and a half`() async throws {
        let rule = LatencyRule(maxP50Ratio: 1.5, maxP99Ratio: 3, minThroughputRatio: 0.7)
        let report = await report(rule, candidate: body(4), champion: body(2))
        #expect(report.outcome == .failed)
        let p50 = try #require(report.figure("p50 ratio"))
        #expect(p50.candidate == 2 && p50.interval == 2...2 && p50.passed == false)
        #expect(report.figure("p99 ratio")?.passed == true)
        #expect(report.figure("throughput ratio")?.passed == false)
        #expect(report.figure("p50 ms")?.champion == 2 && report.figure("p99 ms")?.champion == 2)
    }

    /// Two rounds in forty hold all slow requests: with other rounds there would have been none.
    @Test func `a ratio that chance explains does not fail`() async throws {
        let counter = Counter()
        let clock = clock
        let unlucky: FunctionScoring.Body = { (inputs) throws(RunError) in
            let number = counter.next()
            clock.advance(milliseconds: (400..<416).contains(number) ? 8 : 2)
            return inputs.map { Tensor(checkedName: "y", elementType: .fp32, shape: $0.shape, storage: $0.storage) }
        }
        let rule = LatencyRule(maxP99Ratio: 1.5, maximumRequests: 1200)
        let report = await report(rule, candidate: unlucky, champion: body(2))
        let ratio = try #require(report.figure("p99 ratio"))
        #expect(ratio.candidate.map { $0 > 1.5 } == true, "\(ratio)")
        #expect(ratio.interval?.lowerBound == 1)
        #expect(report.outcome == .passed)
    }

    @Test func `without a champion a ratio decides nothing`() async {
        let report = await report(LatencyRule(maxP50Milliseconds: 10, maxP50Ratio: 1), candidate: body(2))
        #expect(report.outcome == .passed)
        #expect(report.figure("p50 ratio")?.note?.contains("no champion") == true)
    }

    @Test func `rows of a data set are sent as many at once as the rule says`() async {
        let table = DataTable.of([
            ("x", .numbers((0..<100).map { Double($0) })), ("y", .numbers(Array(repeating: 0, count: 100))),
        ])
        let rule = LatencyRule(
            dataset: DataSetName(name: "holdout"), target: "y", rowsPerRequest: 8, minRowsPerSecond: 3999)
        let report = await report(rule, candidate: body(2), table: table)
        #expect(report.outcome == .passed, "\(report.summary)")
        #expect(report.figure("rows/s")?.candidate.map { abs($0 - 4000) < 1e-6 } == true)
        #expect(report.notes.contains { $0.contains("12 requests of 8 rows from holdout:2") })
    }

    @Test func `golden requests are used where there are some, and asked for where there must be`() async throws {
        let file = #"{"inputs": [{"name": "x", "shape": [3, 1], "datatype": "FP32", "data": [1, 2, 3]}]}"#
        let golden = try GoldenInputs.decode(
            Array(file.utf8), signature: Signature(inputs: [Self.input], outputs: [Self.output]))
        let report = await report(LatencyRule(maxP50Milliseconds: 5), candidate: body(2), golden: golden)
        #expect(report.notes.contains { $0.contains("1 golden request of churn:4") })
        #expect(report.figure("rows/s")?.candidate.map { abs($0 - 1500) < 1e-6 } == true)
        let none = await self.report(LatencyRule(requests: .golden, maxP50Milliseconds: 5), candidate: body(2))
        #expect(none.outcome == .error && none.summary.contains("has no golden requests"))
    }

    @Test func `a champion that cannot be asked the same fails only a ratio`() async {
        let other = TensorSpec(name: "z", elementType: .fp32, shape: [.symbolic("n"), .fixed(1)])
        let plain = await report(
            LatencyRule(maxP50Milliseconds: 5), candidate: body(2), champion: body(2), championInputs: [other])
        #expect(plain.outcome == .passed)
        #expect(plain.notes.contains { $0.contains("has no input 'x'") })
        let ratio = await report(
            LatencyRule(maxP50Ratio: 5), candidate: body(2), champion: body(2), championInputs: [other])
        #expect(ratio.outcome == .error)
    }

    @Test func `several callers are measured together`() async {
        let report = await report(
            LatencyRule(maxP50Milliseconds: 1000, callers: 4, maximumRequests: 400), candidate: body(2))
        #expect(report.outcome == .passed, "\(report.summary)")
        #expect(report.figure("requests")?.candidate == 400)
    }

    @Test func `a model that is too slow to be measured, and one that fails, are errors`() async {
        let slow = await report(LatencyRule(maxP50Milliseconds: 5000, seconds: 1), candidate: body(1000))
        #expect(slow.outcome == .error)
        #expect(slow.summary.contains("too few to say anything"))
        let hanging = await report(
            LatencyRule(maxP50Milliseconds: 5000, timeoutSeconds: 20), candidate: body(1000))
        #expect(hanging.summary.contains("not done after 20 s"))
        let failing = await report(
            LatencyRule(maxP50Milliseconds: 5), candidate: { (_) throws(RunError) in throw .failed("no") })
        #expect(failing.summary == "churn:4 gives no answer: no")
    }
}
