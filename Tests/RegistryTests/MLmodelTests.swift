import Journal
import Tensors
import Testing

@testable import Registry

@Suite struct MLmodelTests {
    private static func file(_ text: String) throws(ControlError) -> MLmodelFile { try MLmodelFile(Array(text.utf8)) }

    @Test func `Flavours, the model file and the signature are read as MLflow writes them`() throws {
        let file = try Self.file(
            """
            flavors:
              onnx:
                code: null
                data: model.onnx
                onnx_version: 1.23.2
                providers:
                - CUDAExecutionProvider
                - CPUExecutionProvider
              python_function:
                data: model.onnx
                env:
                  conda: conda.yaml
                loader_module: mlflow.onnx
            mlflow_version: 3.17.2
            model_uuid: 7113bbe1ff3e417ca3a03e915c288edf
            signature:
              inputs: '[{"type": "tensor", "tensor-spec": {"dtype": "float32", "shape": [-1, 4]}}]'
              outputs: '[{"type": "tensor", "name": "p", "tensor-spec": {"dtype": "float32", "shape": [-1,
                1]}}]'
              params: null
            utc_time_created: '2026-11-30 14:09:06.668965'
            """)
        #expect(file.flavors == ["onnx", "python_function"])
        #expect(file.onnxFile == "model.onnx")
        #expect(file.loader == "mlflow.onnx")
        #expect(
            file.signature
                == MLmodelSignature(
                    inputs: [.init(type: "tensor", tensor: .init(dtype: "float32", shape: [-1, 4]))],
                    outputs: [.init(name: "p", type: "tensor", tensor: .init(dtype: "float32", shape: [-1, 1]))]))
        #expect(file.problems.isEmpty)
    }

    @Test(arguments: [
        ("flavors: [", ControlError.Code.invalid), ("", .invalid), ("signature: null", .invalid),
        ("flavors:\n  a: &x [1]\n  b: [*x, *x]", .invalid),
        ("flavors: " + String(repeating: "[", count: 40), .invalid),
        ("flavors: {}\n#" + String(repeating: "x", count: MLmodelFile.maximumBytes), .tooLarge),
    ]) func `What is no such file is refused before it costs anything`(text: String, code: ControlError.Code) {
        let error = #expect(throws: ControlError.self) { try Self.file(text) }
        #expect(error?.code == code)
        #expect(error?.message.contains("MLmodel") == true, "\(error?.message ?? "")")
    }

    @Test func `A signature that cannot be read is a problem, not a refusal`() throws {
        let file = try Self.file("flavors: {onnx: {data: m.onnx}}\nsignature: {inputs: 'nonsense', outputs: null}")
        #expect(file.signature == nil)
        #expect(file.problems == ["MLflow's signature cannot be read"])
    }

    private static let model = Signature(
        inputs: [TensorSpec(name: "X", elementType: .fp32, shape: [.symbolic("N"), .fixed(4)])],
        outputs: [TensorSpec(name: "p", elementType: .fp32, shape: [.unknown, .fixed(1)])])

    private static func tensor(_ name: String?, _ dtype: String, _ shape: [Int]) -> MLmodelSignature.Field {
        .init(name: name, type: "tensor", tensor: .init(dtype: dtype, shape: shape))
    }

    private static func column(_ name: String) -> MLmodelSignature.Field { .init(name: name, type: "double") }

    @Test(arguments: [
        ([tensor(nil, "float32", [-1, 4])], []),
        ([tensor("X", "float32", [1, 4])], []),
        ([column("a"), column("b"), column("c"), column("d")], []),
        ([tensor(nil, "float64", [-1, 4])], ["input 'X' is FP64 in MLflow's signature and FP32 in the file"]),
        (
            [tensor(nil, "float32", [-1, 5])],
            ["input 'X' has the shape [-1, 5] in MLflow's signature and [-1, 4] in the file"]
        ),
        (
            [tensor("Y", "float32", [-1, 4])],
            [
                "input 'Y' of MLflow's signature is not in the file",
                "input 'X' of the file is not in MLflow's signature",
            ]
        ),
        (
            [column("a"), column("b"), column("c")],
            ["MLflow's signature has 3 columns, input 'X' of the file takes 4"]
        ),
    ]) func `Where MLflow's signature is not the file's, it is said by name`(
        inputs: [MLmodelSignature.Field], differences: [String]
    ) {
        let signature = MLmodelSignature(inputs: inputs, outputs: [])
        #expect(signature.differences(from: Self.model) == differences)
    }

    @Test func `Columns of a model with an input for each go by their names`() {
        let signature = Signature(
            inputs: ["age", "plan"].map { TensorSpec(name: $0, elementType: .fp32, shape: [.unknown, .fixed(1)]) },
            outputs: [])
        #expect(
            MLmodelSignature(inputs: [Self.column("age"), Self.column("town")], outputs: [])
                .differences(from: signature) == [
                    "column 'town' of MLflow's signature is no input of the file",
                    "input 'plan' of the file is not in MLflow's signature",
                ])
    }
}
