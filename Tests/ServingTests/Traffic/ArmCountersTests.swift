import InferenceProtocol
import Tensors
import Testing

@testable import Serving

/// What is counted of a variant's answers.
@Suite struct ArmCountersTests {
    private func tensor(_ name: String, _ values: [Float], _ dimensions: [Int]) throws -> Tensor {
        let storage = TensorStorage(byteCount: values.count * 4)
        values.withUnsafeBytes { storage.mutableBytes.copyMemory(from: $0) }
        return try Tensor(name: name, elementType: .fp32, shape: try Shape(dimensions), storage: storage)
    }

    private let signature = Signature(
        inputs: [],
        outputs: [
            TensorSpec(name: "score", elementType: .fp32, shape: [.symbolic("n"), .fixed(2)]),
            TensorSpec(name: "text", elementType: .bytes, shape: [.symbolic("n")]),
        ])

    private func request(_ outputs: [Int]) -> InferenceRequest {
        InferenceRequest(inputs: [], outputs: outputs.map { RequestedOutput(index: $0) })
    }

    @Test func `the first elements of the first four rows are counted, by output`() throws {
        let counters = ArmCounters(signature)
        let score = try tensor("score", [1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0], [6, 2])
        let texts = try #require(BytesElements.encode(["a", "b", "a", "c", "d", "e"].map { Array($0.utf8) }))
        let text = try Tensor(name: "text", elementType: .bytes, shape: try Shape([6]), storage: texts)
        // The outputs come as the caller wants them.
        counters.recordSuccess(request([1, 0]), PredictionResult(outputs: [text, score], queue: 1000, compute: 5000))
        let counts = counters.snapshot()
        #expect(counts.requests == 1 && counts.errors == 0 && counts.nonFinite == 0)
        #expect(counts.outputs.map(\.name) == ["score", "text"])
        let bins = counts.outputs[0].bins
        #expect(bins.count == ValueBins.count)
        for value in 1...6 {
            #expect(bins[try #require(ValueBins.bin(Double(value)))] == (value <= 4 ? 1 : 0))
        }
        #expect(counts.outputs[1].bins.count == TextBins.count)
        #expect(counts.outputs[1].bins.reduce(0, +) == 4 && counts.outputs[1].bins.max() == 2)
        #expect(counts.latency[LatencyHistogram().bucket(6000)] == 1 && counts.latency.reduce(0, +) == 1)
    }

    @Test(arguments: [Float.nan, .infinity, -.infinity])
    func `an answer with what is no number counts once`(_ bad: Float) throws {
        let counters = ArmCounters(signature)
        let score = try tensor("score", [1, bad, bad, 0], [2, 2])
        counters.recordSuccess(request([0]), PredictionResult(outputs: [score], queue: 0, compute: 1))
        #expect(counters.snapshot().nonFinite == 1)
    }

    @Test func `what went wrong counts where it is no caller's going away`() async throws {
        let plane = TrafficFixture.plane(GateRuntime())
        let plan = TrafficFixture.plan([("canary", 100)])
        let router = try #require(await TrafficFixture.install(plane, 1, TrafficFixture.entry(plan))?.traffic)
        let request = try TrafficFixture.request([1])
        for error in [
            PredictionError.failed("x"), .invalidInput("x"), .deadlineExceeded(milliseconds: 1), .overloaded("x"),
            .unavailable("x"), .lost("x"), .outOfMemory("x"), .notReady("x"), .unloaded, .cancelled,
        ] {
            router.arms[1].observe(request, .failure(error), as: PredictionID(high: 0, low: 0))
        }
        let counts = plane.arms(space: "default", endpoint: "churn")[1].counts
        #expect(counts.requests == 9 && counts.errors == 9 && counts.latency.reduce(0, +) == 0)
    }

    @Test func `half floats and doubles are looked at too, of large outputs a part`() throws {
        func tensor(_ type: ElementType, _ words: [UInt16]) throws -> Tensor {
            let storage = TensorStorage(byteCount: words.count * 2)
            words.withUnsafeBytes { storage.mutableBytes.copyMemory(from: $0) }
            return try Tensor(
                name: "y", elementType: type, shape: .vector(words.count * 2 / (type.byteWidth ?? 1)), storage: storage)
        }
        #expect(try tensor(.fp16, [0x3c00, 0x7bff]).isFinite(limit: 10))
        #expect(try !tensor(.fp16, [0x3c00, 0x7c00]).isFinite(limit: 10))
        #expect(try !tensor(.bf16, [0xff80]).isFinite(limit: 10))
        #expect(try !tensor(.fp64, [0, 0, 0, 0x7ff0]).isFinite(limit: 10))
        #expect(try tensor(.int16, [0x7ff0]).isFinite(limit: 10))
        // Every fourth element: the first and the fifth are, the second is not.
        #expect(try tensor(.fp16, [0, 0x7c00, 0, 0, 0, 0, 0, 0]).isFinite(limit: 2))
        #expect(try !tensor(.fp16, [0, 0, 0, 0, 0x7c00, 0, 0, 0]).isFinite(limit: 2))
    }
}
