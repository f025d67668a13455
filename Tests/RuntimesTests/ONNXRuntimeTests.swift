import Foundation
import Logging
import Runtimes
import Tensors
import Testing

/// What is particular to ONNX Runtime, beyond what every runtime promises.
@Suite struct ONNXRuntimeTests {
    @Test func `without the library, the error says where it was looked for and how to get it`() throws {
        let folder = try TestFolder()
        let search = ONNXRuntimeSearch(explicitPath: "\(folder.path)/none.so", named: nil, folder: nil)
        let error = #expect(throws: ModelLoadError.self) { try ONNXRuntime(search: search).library() }
        #expect(error?.reason == .runtimeMissing)
        #expect(error?.message.contains("\(folder.path)/none.so (configured)") == true)
        #expect(error?.message.contains("dev/fetch-onnxruntime") == true)
    }

    @Test func `a library that is not ONNX Runtime is named as such`() throws {
        let search = ONNXRuntimeSearch(explicitPath: "libm.so.6", named: nil, folder: nil)
        let error = #expect(throws: ModelLoadError.self) { try ONNXRuntime(search: search).library() }
        #expect(error?.message.contains("not ONNX Runtime") == true)
    }

    @Test func `the version is known once the library is open`() throws {
        let runtime = ONNXRuntime(search: TestMachine.search)
        #expect(runtime.version == nil)
        #expect(try runtime.library().version.hasPrefix("1."))
        #expect(runtime.version?.hasPrefix("ONNX Runtime 1.") == true)
    }

    @Test func `its telemetry is off before it is loaded`() throws {
        _ = try TestMachine.runtime.library()
        #expect(ProcessInfo.processInfo.environment["ORT_DISABLE_TELEMETRY"] == "1")
    }

    @Test func `a model of a real trainer has the signature that it was given`() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../..")
            .standardized
        let folder = root.appendingPathComponent("examples/iris").path
        let artifact = ModelArtifact(digest: "test", directory: folder, modelFile: "model.onnx")
        let instance = try TestMachine.runtime.load(artifact, options: RuntimeOptions())
        let signature = instance.description.signature
        #expect(signature.inputs.map(\.name) == ["features"])
        #expect(signature.outputs.map(\.name) == ["label", "probabilities"])
        #expect(signature.inputs.first?.shape.last == .fixed(4))
        let row = try Tensor("features", .fp32, [1, 4], [5.1, 3.5, 1.4, 0.2] as [Float])
        let outputs = try instance.run([row], outputs: [0, 1], handle: nil)
        #expect(outputs.first?.elements(of: Int64.self) == [0])
        let probabilities: [Float] = outputs.last?.elements(of: Float.self) ?? []
        let sum: Float = probabilities.reduce(0, +)
        #expect(abs(sum - 1) < 1e-5)
    }

    @Test func `an output that is no tensor is refused with what to do about it`() throws {
        let error = #expect(throws: ModelLoadError.self) { try TestMachine.load(TestModels.sequence) }
        #expect(error?.message.contains("output 'y' is a sequence") == true, "\(error?.message ?? "")")
        #expect(error?.message.contains("'zipmap': False") == true)
    }

    @Test func `an input without a number of dimensions is refused with what to do about it`() throws {
        let error = #expect(throws: ModelLoadError.self) { try TestMachine.load(TestModels.identity(ONNX.float, nil)) }
        #expect(error?.message.contains("input 'x' does not say how many dimensions") == true)
    }

    @Test(arguments: [17, 22])
    func `an element type that no protocol carries is refused by name`(_ type: Int) throws {
        let error = #expect(throws: ModelLoadError.self) { try TestMachine.load(TestModels.identity(type)) }
        #expect(error?.reason == .invalidModel)
    }

    @Test func `an operator that does not exist is refused, without our paths`() throws {
        let model = ONNX.model(
            ONNX.graph(
                "g", nodes: [ONNX.node("Conjure", ["x"], ["y"])], inputs: [ONNX.value("x", ONNX.float, [1])],
                outputs: [ONNX.value("y", ONNX.float, [1])]))
        let error = #expect(throws: ModelLoadError.self) { try TestMachine.load(model) }
        #expect(error?.message.contains("Conjure") == true)
        #expect(error?.message.contains(FileManager.default.temporaryDirectory.path + "/") == false)
    }

    @Test func `an output of any rank has the shape that it has`() throws {
        let instance = try TestMachine.load(TestModels.zeros)
        for shape in [[2, 3], [], [0, 5], [1, 1, 1, 4]] as [[Int64]] {
            let input = try Tensor("shape", .int64, [shape.count], shape)
            let output = try #require(try instance.run([input], outputs: [0], handle: nil).first)
            #expect(output.shape.dimensions == shape.map { Int($0) })
            #expect(output.elements(of: Float.self).allSatisfy { $0 == 0 })
        }
    }

    @Test(arguments: [[1 << 60], [1 << 40, 1 << 40], [-1], [Int64.max, 2], [1 << 45]] as [[Int64]])
    func `a request for more memory than there is fails alone`(_ shape: [Int64]) throws {
        let instance = try TestMachine.load(TestModels.zeros)
        let input = try Tensor("shape", .int64, [shape.count], shape)
        #expect(throws: RunError.self) { try instance.run([input], outputs: [0], handle: nil) }
        let small = try Tensor("shape", .int64, [1], [3] as [Int64])
        #expect(try instance.run([small], outputs: [0], handle: nil).first?.shape.dimensions == [3])
    }

    @Test func `booleans that are neither 0 nor 1 count as true`() throws {
        let instance = try TestMachine.load(TestModels.identity(ONNX.bool))
        let input = try Tensor("x", .bool, [4], [0, 1, 2, 255] as [UInt8])
        #expect(try instance.run([input], outputs: [0], handle: nil).first?.elements(of: UInt8.self) == [0, 1, 1, 1])
    }

    @Test func `a string tensor with fewer strings than its shape is refused`() throws {
        let instance = try TestMachine.load(TestModels.identity(ONNX.string))
        let storage = try #require(BytesElements.encode([[1]]))
        let input = Tensor(checkedName: "x", elementType: .bytes, shape: .vector(1 << 40), storage: storage)
        #expect(throws: RunError.self) { try instance.run([input], outputs: [0], handle: nil) }
    }

    @Test func `more threads per operator give the same answers`() throws {
        let instance = try TestMachine.load(TestModels.addSub, options: RuntimeOptions(intraOpThreads: 2))
        let rows = 50_000
        let values: [Float] = (0..<(2 * rows)).map { Float($0) }
        let a = try Tensor("a", .fp32, [rows, 2], values)
        let sum = try #require(try instance.run([a], outputs: [0], handle: nil).first)
        let expected: [Float] = values.map { $0 + 10 }
        #expect(sum.elements(of: Float.self) == expected)
    }
}
