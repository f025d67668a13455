import Runtimes
import Serving
import Synchronization
import Tensors

/// A runtime whose runs wait until the test lets them go: for what can only be shown when time stands still.
final class GateRuntime: ModelRuntime {
    let format = "gate"
    let version: String? = "1"
    let gate = Gate()
    let loadGate = Gate()
    private let loadsCounter = Atomic<Int>(0)
    private let tally = Tally()
    private let broken: Set<String>

    /// - Parameters:
    ///   - broken: digests that cannot be loaded.
    ///   - loadsWait: whether loads wait for `loadGate` to open.
    init(broken: Set<String> = [], loadsWait: Bool = false) {
        self.broken = broken
        if !loadsWait { loadGate.open() }
    }

    var loads: Int { loadsCounter.load(ordering: .relaxed) }
    /// Runs of all instances.
    var runs: Int { tally.count.load(ordering: .relaxed) }

    func load(_ artifact: ModelArtifact, options: RuntimeOptions) throws(ModelLoadError) -> any ModelInstance {
        loadsCounter.wrappingAdd(1, ordering: .relaxed)
        loadGate.pass()
        if broken.contains(artifact.digest) { throw ModelLoadError(.digestMismatch, "digest mismatch in model.onnx") }
        return GateInstance(gate: gate, waits: artifact.digest.hasPrefix("slow"), tally: tally)
    }
}

/// Doubles its input; a slow one only while the gate is open.
final class GateInstance: ModelInstance {
    static let signature = Signature(
        inputs: [TensorSpec(name: "x", elementType: .fp32, shape: [.symbolic("batch")])],
        outputs: [TensorSpec(name: "y", elementType: .fp32, shape: [.symbolic("batch")])])

    let description = ModelDescription(format: "gate", signature: GateInstance.signature)
    private let gate: Gate
    private let waits: Bool
    private let tally: Tally

    init(gate: Gate, waits: Bool, tally: Tally) {
        self.gate = gate
        self.waits = waits
        self.tally = tally
    }

    func run(_ inputs: [Tensor], outputs: [Int], handle: RunHandle?) throws(RunError) -> [Tensor] {
        tally.count.wrappingAdd(1, ordering: .relaxed)
        if waits { gate.pass() }
        if handle?.isTerminated == true { throw .terminated }
        guard let input = inputs.first else { throw .invalidInput("no input") }
        let storage = TensorStorage(byteCount: input.storage.byteCount)
        let values = input.storage.bytes.bindMemory(to: Float.self)
        let doubled = storage.mutableBytes.bindMemory(to: Float.self)
        for index in values.indices { doubled[index] = values[index] * 2 }
        return [Tensor(checkedName: "y", elementType: .fp32, shape: input.shape, storage: storage)]
    }
}

/// Counts runs.
final class Tally: Sendable {
    let count = Atomic<Int>(0)
}

/// Closed until it is opened for good; counts who waits before it.
final class Gate: Sendable {
    private struct State {
        var isOpen = false
        var arrived = 0
        var arrivals: [(count: Int, continuation: CheckedContinuation<Void, Never>)] = []
    }

    private let state = Mutex(State())
    private let semaphore = ThreadSemaphore()

    /// Blocks the thread until the gate is open.
    func pass() {
        let (isOpen, ready) = state.withLock { state in
            state.arrived += 1
            let ready = state.arrivals.filter { $0.count <= state.arrived }
            state.arrivals.removeAll { $0.count <= state.arrived }
            return (state.isOpen, ready.map(\.continuation))
        }
        for continuation in ready { continuation.resume() }
        if isOpen { return }
        semaphore.wait()
        if state.withLock({ $0.isOpen }) { semaphore.signal() }
    }

    /// Lets one of those pass that wait.
    func openOnce() { semaphore.signal() }

    func open() {
        state.withLock { $0.isOpen = true }
        semaphore.signal()
    }

    /// Returns once `count` runs have reached the gate.
    func whenArrived(_ count: Int) async {
        await withCheckedContinuation { continuation in
            let already = state.withLock { state in
                if state.arrived >= count { return true }
                state.arrivals.append((count, continuation))
                return false
            }
            if already { continuation.resume() }
        }
    }
}

/// Finds every artifact at once: the files are the runtime's affair here.
struct AnyArtifact: ArtifactProvider {
    func locate(_ reference: ArtifactReference) throws(ModelLoadError) -> ModelArtifact {
        ModelArtifact(digest: reference.digest, directory: "/", modelFile: "model")
    }
}
