import Logging
import Runtimes
import Serving
import Synchronization
import Tensors
import Testing

/// Where a model is tried in batches, and what its end there means.
@Suite struct BatchTrialTests {
    /// Copies that double, unless told to end when they see more rows than one.
    private final class Host: TrialHost {
        private let endsWith: RunError?
        let loads = Atomic<Int>(0)
        let runs = Tally()

        init(endsWith: RunError? = nil) { self.endsWith = endsWith }

        func loadForTrial(
            _ entry: EndpointEntry, _ artifact: ModelArtifact
        ) throws(ModelLoadError) -> any ModelInstance {
            loads.wrappingAdd(1, ordering: .relaxed)
            return Copy(endsWith: endsWith, runs: runs)
        }
    }

    private final class Copy: ModelInstance {
        private let inner: GateInstance
        private let endsWith: RunError?
        private let ends = Atomic<Int>(0)

        init(endsWith: RunError?, runs: Tally) {
            self.endsWith = endsWith
            inner = GateInstance(gate: Gate(), waits: false, tally: runs)
        }

        var description: ModelDescription { inner.description }
        var restarts: Int { ends.load(ordering: .relaxed) }

        func run(_ inputs: [Tensor], outputs: [Int], handle: RunHandle?) throws(RunError) -> [Tensor] {
            if let endsWith, inputs[0].shape.dimensions[0] > 1 {
                ends.wrappingAdd(1, ordering: .relaxed)
                throw endsWith
            }
            return try inner.run(inputs, outputs: outputs, handle: handle)
        }
    }

    private func plane(_ runtime: GateRuntime, _ host: Host) -> DataPlane {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        return DataPlane(
            runtimes: [runtime], artifacts: AnyArtifact(), trials: host,
            configuration: DataPlane.Configuration(width: 1), logger: logger)
    }

    private func entry(rows: Int?) -> EndpointEntry {
        EndpointEntry(
            space: "default", name: "a", model: "a", version: 1, revision: 1,
            artifact: ArtifactReference(digest: "fast", format: "gate", files: []),
            description: ModelDescription(format: "gate", signature: GateInstance.signature),
            options: EndpointOptions(batching: rows.map { BatchingOptions(maxBatchSize: $0) }), isLoaded: true)
    }

    @Test func `made-up rows are run in the copy on trial, and never in the one that serves`() async throws {
        let (runtime, host) = (GateRuntime(), Host())
        let plane = plane(runtime, host)
        try await plane.prepare(entry(rows: 8))
        #expect(host.loads.load(ordering: .relaxed) == 1)
        #expect(host.runs.count.load(ordering: .relaxed) > 8)
        #expect(runtime.runs == 0)
        // What stood the trial is not tried again while it is in memory.
        try await plane.prepare(entry(rows: 8))
        #expect(host.loads.load(ordering: .relaxed) == 1)
    }

    @Test(arguments: [nil, 1])
    func `without batches nothing is tried`(rows: Int?) async throws {
        let host = Host()
        try await plane(GateRuntime(), host).prepare(entry(rows: rows))
        #expect(host.loads.load(ordering: .relaxed) == 0)
    }

    @Test func `a batch that ends its process refuses the deployment, and is not tried again`() async throws {
        let host = Host(endsWith: .lost("it died"))
        let error = await #expect(throws: ModelLoadError.self) {
            try await plane(GateRuntime(), host).prepare(entry(rows: 8))
        }
        #expect(error?.reason == .notBatchable)
        #expect(
            error?.message
                == "its requests cannot be batched: the process in which it was tried with rows of several kinds and "
                + "numbers died in a run")
        // Eight rows alone, to find out whether they run and then what they answer; of the batches only the first.
        #expect(host.runs.count.load(ordering: .relaxed) == 16)
    }
}
