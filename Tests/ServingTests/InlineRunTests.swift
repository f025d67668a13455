import InferenceProtocol
import Runtimes
import Tensors
import Testing

@testable import Serving

/// Which models may go on running on event loops after runs that took long.
@Suite struct InlineRunTests {
    /// Passes so much time on both clocks with each run.
    private final class SlowInstance: ModelInstance {
        let inner: any ModelInstance
        let description: ModelDescription
        let pass: @Sendable () -> Void

        init(_ inner: any ModelInstance, pass: @escaping @Sendable () -> Void) {
            self.inner = inner
            self.description = inner.description
            self.pass = pass
        }

        func run(_ inputs: [Tensor], outputs: [Int], handle: RunHandle?) throws(RunError) -> [Tensor] {
            pass()
            return try inner.run(inputs, outputs: outputs, handle: handle)
        }
    }

    private static let request: InferenceRequest? = (try? Tensor("x", .fp32, [1, 8], [Float](repeating: 1, count: 8)))
        .map { InferenceRequest(inputs: [$0], outputs: [RequestedOutput(index: 0), RequestedOutput(index: 1)]) }

    /// Whether a model known to be short is still run inline after 100 runs of `elapsed` nanoseconds, during which the
    /// thread has had a processor for `worked`.
    private func staysInline(elapsed: UInt64, worked: UInt64) throws -> Bool {
        let (wall, processor) = (Locked<UInt64>(1), Locked<UInt64>(1))
        let instance = SlowInstance(try TestMachine.load(BatchModels.classifier)) {
            wall.change { $0 += elapsed }
            processor.change { $0 += worked }
        }
        let entry = EndpointEntry(
            space: "default", name: "m", model: "m", version: 1, revision: 1,
            artifact: ArtifactReference(digest: "d", format: "onnx", files: []), description: instance.description,
            options: EndpointOptions(), isLoaded: true)
        let cost = CostEstimate()
        cost.record(size: 1, nanoseconds: 1)
        let model = LoadedModel(
            key: LoadedModel.Key(entry), instance: instance,
            memory: try #require(MemoryLedger(budget: nil).reserve(1)), cost: cost, clock: { wall.value },
            processorClock: { processor.value })
        let request = try #require(Self.request)
        for _ in 0..<100 {
            _ = try model.runShort(request, at: wall.value)
            // The estimate of its cost is another matter, with its own rule.
            for _ in 0..<64 { cost.record(size: LoadedModel.size(of: request), nanoseconds: 1) }
        }
        let isInline = model.runsInline(request)
        #expect(model.runsSomeInline == isInline)
        return isInline
    }

    @Test func `a model whose runs keep the processor too long leaves the event loops`() throws {
        #expect(try !staysInline(elapsed: 5_000_000, worked: 5_000_000))
    }

    @Test func `one whose threads were only put aside in the middle of runs stays`() throws {
        #expect(try staysInline(elapsed: 5_000_000, worked: 4000))
    }

    @Test func `one that is short stays`() throws {
        #expect(try staysInline(elapsed: 4000, worked: 4000))
    }
}
