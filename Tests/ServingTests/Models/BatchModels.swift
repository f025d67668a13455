import Runtimes
import Tensors

/// Models for batching, each for one property.
enum BatchModels {
    private static func floats(_ count: Int, scale: Float) -> [UInt8] {
        var state: UInt32 = 1
        return (0..<count).flatMap { _ -> [UInt8] in
            state = state &* 1_664_525 &+ 1_013_904_223
            let value = (Float(state >> 8) / Float(1 << 23) - 1) * scale
            return withUnsafeBytes(of: value.bitPattern.littleEndian) { Array($0) }
        }
    }

    /// Two layers, 8 to 32 to 4, and the index of the largest.
    static let classifier = ONNX.model(
        ONNX.graph(
            "classifier",
            nodes: [
                ONNX.node("MatMul", ["x", "w"], ["products"]), ONNX.node("Relu", ["products"], ["hidden"]),
                ONNX.node("MatMul", ["hidden", "v"], ["scores"]),
                ONNX.node(
                    "ArgMax", ["scores"], ["label"],
                    [
                        ONNX.attribute("axis", number: 1), ONNX.attribute("keepdims", number: 0),
                    ]),
            ],
            inputs: [ONNX.value("x", ONNX.float, ["n", 8])],
            outputs: [ONNX.value("scores", ONNX.float, ["n", 4]), ONNX.value("label", ONNX.int64, ["n"])],
            initializers: [
                ONNX.tensor("w", ONNX.float, [8, 32], raw: floats(256, scale: 0.5)),
                ONNX.tensor("v", ONNX.float, [32, 4], raw: floats(128, scale: 0.3)),
            ]))

    /// The sum of two inputs with rows of any one length.
    static let sum = ONNX.model(
        ONNX.graph(
            "sum", nodes: [ONNX.node("Add", ["a", "b"], ["y"])],
            inputs: [ONNX.value("a", ONNX.float, ["n", "k"]), ONNX.value("b", ONNX.float, ["n", "k"])],
            outputs: [ONNX.value("y", ONNX.float, ["n", "k"])]))

    /// Looks a number up; an index of four or more makes the run fail.
    static let lookup = ONNX.model(
        ONNX.graph(
            "lookup", nodes: [ONNX.node("Gather", ["table", "x"], ["y"])],
            inputs: [ONNX.value("x", ONNX.int64, ["n"])], outputs: [ONNX.value("y", ONNX.float, ["n"])],
            initializers: [ONNX.tensor("table", ONNX.float, [4], raw: floats(4, scale: 1))]))

    /// Numbers on a scale of 256 steps that is laid over all rows at once.
    static let quantized = ONNX.model(
        ONNX.graph(
            "quantized",
            nodes: [
                ONNX.node("DynamicQuantizeLinear", ["x"], ["q", "scale", "zero"]),
                ONNX.node("DequantizeLinear", ["q", "scale", "zero"], ["y"]),
            ],
            inputs: [ONNX.value("x", ONNX.float, ["n", 4])], outputs: [ONNX.value("y", ONNX.float, ["n", 4])]))

    /// The sum over all rows, as one row.
    static let total = ONNX.model(
        ONNX.graph(
            "total", nodes: [ONNX.node("ReduceSum", ["x", "axis"], ["y"])],
            inputs: [ONNX.value("x", ONNX.float, ["n", 4])], outputs: [ONNX.value("y", ONNX.float, ["m", 4])],
            initializers: [ONNX.tensor("axis", ONNX.int64, [1], raw: [0, 0, 0, 0, 0, 0, 0, 0])]))

    /// Its rows, and one more.
    static let oneMore = ONNX.model(
        ONNX.graph(
            "onemore", nodes: [ONNX.node("Concat", ["x", "last"], ["y"], [ONNX.attribute("axis", number: 0)])],
            inputs: [ONNX.value("x", ONNX.float, ["n"])], outputs: [ONNX.value("y", ONNX.float, ["m"])],
            initializers: [ONNX.tensor("last", ONNX.float, [1], raw: floats(1, scale: 1))]))

    /// Fails on whatever anybody could make up: it asks for an index that its table of one has not.
    static let choosy = ONNX.model(
        ONNX.graph(
            "choosy",
            nodes: [ONNX.node("Sub", ["x", "far"], ["index"]), ONNX.node("Gather", ["table", "index"], ["y"])],
            inputs: [ONNX.value("x", ONNX.int64, ["n"])], outputs: [ONNX.value("y", ONNX.float, ["n"])],
            initializers: [
                ONNX.tensor("far", ONNX.int64, [], raw: [0, 0, 1, 0, 0, 0, 0, 0]),
                ONNX.tensor("table", ONNX.float, [1], raw: floats(1, scale: 1)),
            ]))
}

/// Passes every run on, and remembers it.
final class RecordingInstance: ModelInstance {
    struct Recorded {
        let inputs: [Tensor]
        let outputs: [Int]
        let handle: RunHandle?
    }

    let inner: any ModelInstance
    private let gate: Gate?
    private let failure: @Sendable ([Tensor]) -> RunError?
    private let recorded: Locked<[Recorded]>

    /// - Parameters:
    ///   - gate: what each run waits at before it begins.
    ///   - failure: how a run on these inputs fails, before the model is asked.
    init(
        _ inner: any ModelInstance, gate: Gate? = nil,
        failure: @escaping @Sendable ([Tensor]) -> RunError? = { _ in nil }
    ) {
        self.inner = inner
        self.gate = gate
        self.failure = failure
        self.recorded = Locked([])
    }

    var description: ModelDescription { inner.description }
    var runs: [Recorded] { recorded.value }

    func run(_ inputs: [Tensor], outputs: [Int], handle: RunHandle?) throws(RunError) -> [Tensor] {
        recorded.change { $0.append(Recorded(inputs: inputs, outputs: outputs, handle: handle)) }
        gate?.pass()
        if let error = failure(inputs) { throw error }
        return try inner.run(inputs, outputs: outputs, handle: handle)
    }
}

/// Never answers an event loop at once, as a worker may: it is busy, or takes its time.
final class LateInstance: ModelInstance {
    enum Way: Sendable, CaseIterable { case busy, underWay }

    private struct Rest: UnfinishedRun {
        let run: @Sendable () throws -> [Tensor]

        func finish(handle: RunHandle?) throws(RunError) -> RunAnswer {
            do {
                return RunAnswer(outputs: try run())
            } catch {
                throw (error as? RunError) ?? .failed("\(error)")
            }
        }
    }

    private let inner: any ModelInstance
    private let way: Way

    init(_ inner: any ModelInstance, _ way: Way) {
        self.inner = inner
        self.way = way
    }

    var description: ModelDescription { inner.description }

    func run(_ inputs: [Tensor], outputs: [Int], handle: RunHandle?) throws(RunError) -> [Tensor] {
        try inner.run(inputs, outputs: outputs, handle: handle)
    }

    func attempt(_ inputs: [Tensor], outputs: [Int]) throws(RunError) -> RunAttempt {
        switch way {
        case .busy: .busy
        case .underWay: .underWay(Rest { [inner] in try inner.run(inputs, outputs: outputs, handle: nil) })
        }
    }
}
