import Runtimes
import Serving
import Tensors

/// Multiplies its input by the number that its digest ends with, after a dash; `bad` fails on what is negative.
final class ScaleRuntime: ModelRuntime {
    let format = "gate"
    let version: String? = "1"
    /// Passed by each run of a digest that begins with `gated`.
    let gate = Gate()

    func load(_ artifact: ModelArtifact, options: RuntimeOptions) throws(ModelLoadError) -> any ModelInstance {
        ScaleInstance(
            factor: artifact.digest.split(separator: "-").last.flatMap { Float($0) } ?? 1,
            isBad: artifact.digest.hasPrefix("bad"), gate: artifact.digest.hasPrefix("gated") ? gate : nil)
    }
}

final class ScaleInstance: ModelInstance {
    let description = ModelDescription(format: "gate", signature: GateInstance.signature)
    private let factor: Float
    private let isBad: Bool
    private let gate: Gate?

    init(factor: Float, isBad: Bool, gate: Gate?) {
        self.factor = factor
        self.isBad = isBad
        self.gate = gate
    }

    func run(_ inputs: [Tensor], outputs: [Int], handle: RunHandle?) throws(RunError) -> [Tensor] {
        gate?.pass()
        guard let input = inputs.first else { throw .invalidInput("no input") }
        let storage = TensorStorage(byteCount: input.storage.byteCount)
        let values = input.storage.bytes.bindMemory(to: Float.self)
        let scaled = storage.mutableBytes.bindMemory(to: Float.self)
        for index in values.indices {
            if isBad, values[index] < 0 { throw .failed("it cannot take what is negative") }
            scaled[index] = values[index] * factor
        }
        return [Tensor(checkedName: "y", elementType: .fp32, shape: input.shape, storage: storage)]
    }
}
