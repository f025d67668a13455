import Tensors

/// The models that tests load, each for one property.
enum TestModels {
    /// y is x.
    static func identity(_ type: Int, _ shape: [ONNX.Size]? = ["n"]) -> Message {
        ONNX.model(
            ONNX.graph(
                "identity", nodes: [ONNX.node("Identity", ["x"], ["y"])], inputs: [ONNX.value("x", type, shape)],
                outputs: [ONNX.value("y", type, shape)]))
    }

    /// The output is the input itself, with nothing in between.
    static let through = ONNX.model(
        ONNX.graph(
            "through", nodes: [ONNX.node("Neg", ["x"], ["y"])], inputs: [ONNX.value("x", ONNX.float, ["n"])],
            outputs: [ONNX.value("x", ONNX.float, ["n"]), ONNX.value("y", ONNX.float, ["n"])]))

    /// sum is a + b, difference is a - b, and b may be left out: then it is 10 everywhere.
    static let addSub = ONNX.model(
        ONNX.graph(
            "addsub", nodes: [ONNX.node("Add", ["a", "b"], ["sum"]), ONNX.node("Sub", ["a", "b"], ["difference"])],
            inputs: [ONNX.value("a", ONNX.float, ["n", 2]), ONNX.value("b", ONNX.float, [2])],
            outputs: [ONNX.value("sum", ONNX.float, ["n", 2]), ONNX.value("difference", ONNX.float, ["n", 2])],
            initializers: [ONNX.tensor("b", ONNX.float, [2], raw: [0, 0, 0x20, 0x41, 0, 0, 0x20, 0x41])]))

    /// Runs its body as often as `trips` says; without that input, for ever.
    static func loop(byInput: Bool) -> Message {
        let body = ONNX.graph(
            "body", nodes: [ONNX.node("Identity", ["go"], ["on"]), ONNX.node("Identity", ["v"], ["w"])],
            inputs: [
                ONNX.value("i", ONNX.int64, []), ONNX.value("go", ONNX.bool, []), ONNX.value("v", ONNX.float, [1]),
            ],
            outputs: [ONNX.value("on", ONNX.bool, []), ONNX.value("w", ONNX.float, [1])])
        let node = ONNX.node(
            "Loop", [byInput ? "trips" : "", "always", "x"], ["y"], [ONNX.attribute("body", graph: body)])
        return ONNX.model(
            ONNX.graph(
                "loop", nodes: [node],
                inputs: (byInput ? [ONNX.value("trips", ONNX.int64, [])] : []) + [ONNX.value("x", ONNX.float, [1])],
                outputs: [ONNX.value("y", ONNX.float, [1])],
                initializers: [ONNX.tensor("always", ONNX.bool, [], raw: [1])]))
    }

    /// Makes zeros of whatever shape its input asks for.
    static let zeros = ONNX.model(
        ONNX.graph(
            "zeros", nodes: [ONNX.node("ConstantOfShape", ["shape"], ["y"])],
            inputs: [ONNX.value("shape", ONNX.int64, ["rank"])], outputs: [ONNX.value("y", ONNX.float, nil)]))

    /// Makes 2^60 floats out of an input of zeros.
    static let giant = ONNX.model(
        ONNX.graph(
            "giant",
            nodes: [
                ONNX.node("Add", ["x", "sizes"], ["shape"]), ONNX.node("ConstantOfShape", ["shape"], ["all"]),
                ONNX.node("ReduceMax", ["all"], ["y"], [ONNX.attribute("keepdims", number: 0)]),
            ],
            inputs: [ONNX.value("x", ONNX.int64, [2])], outputs: [ONNX.value("y", ONNX.float, [])],
            initializers: [
                ONNX.tensor("sizes", ONNX.int64, [2], raw: [0, 0, 0, 0x40, 0, 0, 0, 0, 0, 0, 0, 0x40, 0, 0, 0, 0])
            ]))

    /// Has a sequence for an output.
    static let sequence = ONNX.model(
        ONNX.graph(
            "sequence", nodes: [ONNX.node("SequenceConstruct", ["x"], ["y"])],
            inputs: [ONNX.value("x", ONNX.float, [1])],
            outputs: [
                .make { value in
                    value.text(1, "y")
                    value.message(
                        2,
                        .make { type in
                            type.message(
                                4, .make { $0.message(1, .make { $0.message(1, ONNX.tensorType(ONNX.float, [1])) }) })
                        })
                }
            ]))

    /// Its weights are in another file.
    static func external(_ entries: [(String, String)]) -> Message {
        ONNX.model(
            ONNX.graph(
                "external", nodes: [ONNX.node("Add", ["x", "w"], ["y"])], inputs: [ONNX.value("x", ONNX.float, [2])],
                outputs: [ONNX.value("y", ONNX.float, [2])], initializers: [ONNX.external("w", [2], entries)]))
    }
}

extension Tensor {
    /// A tensor over a copy of `elements`.
    init<Element: BitwiseCopyable>(_ name: String, _ type: ElementType, _ dimensions: [Int], _ elements: [Element])
        throws
    {
        let byteCount = elements.count * MemoryLayout<Element>.stride
        let storage = TensorStorage(byteCount: byteCount)
        elements.withUnsafeBytes { storage.mutableBytes.copyMemory(from: $0) }
        self = try Tensor(name: name, elementType: type, shape: Shape(dimensions), storage: storage)
    }

    init(_ name: String, _ dimensions: [Int], texts: [[UInt8]]) throws {
        let storage = BytesElements.encode(texts) ?? TensorStorage(byteCount: 0)
        self = try Tensor(name: name, elementType: .bytes, shape: Shape(dimensions), storage: storage)
    }

    func elements<Element: BitwiseCopyable>(of type: Element.Type = Element.self) -> [Element] {
        let width = MemoryLayout<Element>.stride
        return (0..<(storage.byteCount / width)).map {
            storage.bytes.loadUnaligned(fromByteOffset: $0 * width, as: Element.self)
        }
    }

    var texts: [[UInt8]] {
        var texts: [[UInt8]] = []
        BytesElements.forEach(in: storage.bytes) { texts.append(Array($0)) }
        return texts
    }
}
