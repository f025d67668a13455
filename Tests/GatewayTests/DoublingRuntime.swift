import Registry
import Runtimes
import Serving
import Synchronization
import Tensors

/// A runtime for tests: every model doubles its input `x` into `y`. A version whose digest is in `slow` waits until it is
/// let go or told to stop.
final class DoublingRuntime: ModelRuntime {
    static let signature = Signature(
        inputs: [TensorSpec(name: "x", elementType: .fp32, shape: [.symbolic("batch"), .fixed(2)])],
        outputs: [TensorSpec(name: "y", elementType: .fp32, shape: [.symbolic("batch"), .fixed(2)])])

    let format: String
    let version: String? = "1"
    let gate = Gate()

    init(format: String = "onnx") {
        self.format = format
    }

    func load(_ artifact: ModelArtifact, options: RuntimeOptions) throws(ModelLoadError) -> any ModelInstance {
        if artifact.digest == "broken" { throw ModelLoadError(.invalidModel, "the model is broken") }
        return DoublingInstance(format: format, gate: artifact.digest == "slow" ? gate : nil)
    }
}

final class DoublingInstance: ModelInstance {
    let description: ModelDescription
    private let gate: Gate?

    init(format: String, gate: Gate?) {
        self.description = .doubling(format: format, hasControlFlow: gate != nil)
        self.gate = gate
    }

    /// Says itself what it costs, so that the busiest machine runs it on the event loop that asks.
    func answer(_ inputs: [Tensor], outputs: [Int], handle: RunHandle?) throws(RunError) -> RunAnswer {
        RunAnswer(
            outputs: try run(inputs, outputs: outputs, handle: handle), nanoseconds: gate == nil ? 1_000 : nil)
    }

    func run(_ inputs: [Tensor], outputs: [Int], handle: RunHandle?) throws(RunError) -> [Tensor] {
        if let gate, !gate.pass(handle) { throw .terminated }
        guard let input = inputs.first else { throw .invalidInput("no input") }
        let storage = TensorStorage(byteCount: input.storage.byteCount)
        let values = input.storage.bytes.bindMemory(to: Float.self)
        let doubled = storage.mutableBytes.bindMemory(to: Float.self)
        for index in values.indices { doubled[index] = values[index] * 2 }
        return [Tensor(checkedName: "y", elementType: .fp32, shape: input.shape, storage: storage)]
    }
}

/// Holds runs back until it is opened for good.
final class Gate: Sendable {
    private struct State {
        var isOpen = false
        var waiting: [RunHandle] = []
        var arrivals: [CheckedContinuation<Void, Never>] = []
        var departures: [CheckedContinuation<Void, Never>] = []
        var arrived = false
        var terminated = false
    }

    private let state = Mutex(State())

    /// Blocks the thread until the gate is open (true) or the run is told to stop (false).
    func pass(_ handle: RunHandle?) -> Bool {
        let arrivals = state.withLock { state in
            state.arrived = true
            defer { state.arrivals = [] }
            return state.arrivals
        }
        for continuation in arrivals { continuation.resume() }
        while true {
            if state.withLock(\.isOpen) { return true }
            if handle?.isTerminated == true { break }
            Threads.yield()
        }
        let departures = state.withLock { state in
            state.terminated = true
            defer { state.departures = [] }
            return state.departures
        }
        for continuation in departures { continuation.resume() }
        return false
    }

    func open() { state.withLock { $0.isOpen = true } }

    /// Returns once a run waits before the gate.
    func whenArrived() async {
        await withCheckedContinuation { continuation in
            let already = state.withLock { state in
                if !state.arrived { state.arrivals.append(continuation) }
                return state.arrived
            }
            if already { continuation.resume() }
        }
    }

    /// Returns once a run was told to stop.
    func whenTerminated() async {
        await withCheckedContinuation { continuation in
            let already = state.withLock { state in
                if !state.terminated { state.departures.append(continuation) }
                return state.terminated
            }
            if already { continuation.resume() }
        }
    }
}

/// Finds every artifact at once: the files are the runtime's affair here.
struct AnyArtifact: ArtifactProvider {
    func locate(_ reference: ArtifactReference) throws(ModelLoadError) -> ModelArtifact {
        ModelArtifact(digest: reference.digest, directory: "/", modelFile: "model.onnx")
    }
}

/// Accepts every file that does not begin with "not".
struct DoublingChecker: ModelChecking {
    func check(_ artifact: ModelArtifact) async throws(ModelLoadError) -> ModelDescription {
        .doubling(format: "onnx", hasControlFlow: false)
    }
}

extension ModelDescription {
    static func doubling(format: String, hasControlFlow: Bool) -> ModelDescription {
        ModelDescription(
            format: format, signature: DoublingRuntime.signature, opsets: ["ai.onnx": 17], producer: "a test",
            customMetadata: ["labels": "[\"no\", \"yes\"]"], hasControlFlow: hasControlFlow,
            trialRun: hasControlFlow ? nil : TrialRun(succeeded: true, message: "", microseconds: 5))
    }
}
