import Foundation
import Runtimes
import Tensors
import Testing

@Suite struct ONNXFileTests {
    @Test func `a model's file says what it is`() throws {
        let folder = try TestFolder()
        let file = try ONNXFile.read(folder.artifact(TestModels.addSub.bytes))
        #expect(file.irVersion == 9)
        #expect(file.producer == "slipway-tests")
        #expect(file.producerVersion == "1.2")
        #expect(file.graphName == "addsub")
        #expect(file.opsets == ["ai.onnx": 20])
        #expect(file.customMetadata == ["owner": "us"])
        #expect(!file.hasControlFlow)
        #expect(
            file.inputs == [
                ONNXFile.DeclaredValue(name: "a", shape: [.symbolic("n"), .fixed(2)]),
                ONNXFile.DeclaredValue(name: "b", shape: [.fixed(2)]),
            ])
    }

    @Test func `control flow is found at any depth, in functions too`() throws {
        let folder = try TestFolder()
        #expect(try ONNXFile.read(folder.artifact(TestModels.loop(byInput: true).bytes)).hasControlFlow)
        var model = TestModels.identity(ONNX.float)
        model.message(25, .make { $0.message(7, ONNX.node("Scan", ["a"], ["b"])) })
        #expect(try ONNXFile.read(folder.artifact(model.bytes)).hasControlFlow)
    }

    @Test func `a file cut off at any byte is refused, or is the same model without what follows it`() throws {
        let folder = try TestFolder()
        let whole = TestModels.loop(byInput: true).bytes
        let complete = try ONNXFile.read(folder.artifact(whole))
        for count in 0..<whole.count {
            let artifact = try folder.artifact(Array(whole.prefix(count)))
            do throws(ModelLoadError) {
                let file = try ONNXFile.read(artifact)
                #expect(file.inputs == complete.inputs, "cut at \(count)")
                #expect(!file.opsets.isEmpty, "cut at \(count)")
            } catch {
                #expect(error.reason == .invalidModel, "cut at \(count)")
                #expect(error.message.hasPrefix("model.onnx "), "cut at \(count): \(error.message)")
            }
        }
    }

    @Test func `a file with any one byte changed never traps`() throws {
        let folder = try TestFolder()
        let whole = TestModels.external([("location", "w.bin")]).bytes
        var refused = 0
        for index in whole.indices {
            for value in [0x00, 0x7f, 0x80, 0xff, whole[index] ^ 1, whole[index] ^ 4] as [UInt8] {
                var bytes = whole
                bytes[index] = value
                do throws(ModelLoadError) { _ = try ONNXFile.read(folder.artifact(bytes, quietly: true)) } catch {
                    refused += 1
                }
            }
        }
        #expect(refused > whole.count)
    }

    @Test(arguments: [
        [0x08, 0x09, 0x3a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01] as [UInt8],
        [0x08, 0x09, 0x3a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f],
        [0x08, 0x09, 0x3a, 0xff, 0xff, 0xff, 0xff, 0x0f, 0x00],
        [0x08, 0x09, 0x3a, 0x03, 0x0a, 0x7f, 0x00],
        [0x08, 0x09, 0x3a, 0x02, 0x0a, 0x80],
        [0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
        [0x08, 0x09, 0x00, 0x00],
        [0x08, 0x09, 0x0b],
        [0x08],
    ])
    func `lengths and numbers that lie are refused`(_ bytes: [UInt8]) throws {
        let folder = try TestFolder()
        let artifact = try folder.artifact(bytes)
        #expect(throws: ModelLoadError.self) { try ONNXFile.read(artifact) }
    }

    @Test func `graphs inside graphs without end are refused`() throws {
        var graph = ONNX.graph("g", nodes: [], inputs: [], outputs: [])
        for _ in 0..<5000 {
            graph = ONNX.graph(
                "g", nodes: [ONNX.node("If", ["c"], ["y"], [ONNX.attribute("then_branch", graph: graph)])], inputs: [],
                outputs: [])
        }
        let folder = try TestFolder()
        let artifact = try folder.artifact(ONNX.model(graph).bytes)
        let error = #expect(throws: ModelLoadError.self) { try ONNXFile.read(artifact) }
        #expect(error?.message.contains("graphs inside graphs") == true)
    }

    @Test func `a sparse file of two gigabytes is read without reading it`() throws {
        let folder = try TestFolder()
        let size = 2_000_000_000
        // A tensor whose data fill the file: its length alone is written, and the graph around it.
        var tensor = Message.make { $0.text(8, "w") }
        tensor.bytes += Message.varint(9 << 3 | 2) + Message.varint(UInt64(size))
        let graphSize = UInt64(tensor.bytes.count + size)
        var start = Message.make {
            $0.number(1, 9)
            $0.message(8, .make { $0.number(2, 20) })
        }
        let header = Message.varint(5 << 3 | 2) + Message.varint(graphSize)
        start.bytes += Message.varint(7 << 3 | 2) + Message.varint(graphSize + UInt64(header.count)) + header
        start.bytes += tensor.bytes
        let artifact = try folder.artifact(start.bytes)
        #expect(truncate("\(folder.path)/model.onnx", start.bytes.count + size) == 0)
        #expect(try ONNXFile.read(artifact).opsets == ["ai.onnx": 20])
    }

    @Test func `long metadata is cut`() throws {
        let folder = try TestFolder()
        var model = TestModels.identity(ONNX.float)
        model.message(
            14,
            .make {
                $0.text(1, "tokenizer")
                $0.text(2, String(repeating: "a", count: 1_000_000))
            })
        let file = try ONNXFile.read(folder.artifact(model.bytes))
        let value = try #require(file.customMetadata["tokenizer"])
        #expect(value.utf8.count < 70_000)
        #expect(value.hasSuffix("(cut; 1000000 bytes in the file)"))
    }
}

extension TestFolder {
    /// For loops where only reading may fail.
    fileprivate func artifact(_ bytes: [UInt8], quietly: Bool) -> ModelArtifact {
        try? write(bytes, to: "model.onnx")
        return ModelArtifact(digest: "test", directory: path, modelFile: "model.onnx")
    }
}
