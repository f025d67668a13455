import InferenceProtocol
import Runtimes
import Tensors
import Testing

@testable import Serving

/// What a deployment that asks for batches is told, by the real ONNX Runtime.
@Suite struct BatchingCheckTests {
    private func check(_ message: Message, maxRows: Int = 16, golden: [InferenceRequest] = []) throws -> BatchingCheck {
        let instance = try TestMachine.load(message)
        return BatchingCheck(signature: instance.description.signature, maxRows: maxRows, golden: golden) { request in
            do throws(RunError) {
                let outputs = try instance.run(request.inputs, outputs: request.outputs.map(\.index), handle: nil)
                return .success(PredictionResult(outputs: outputs, queue: 0, compute: 1000))
            } catch {
                return .failure(.failed(error.message))
            }
        }
    }

    private func refusal(_ message: Message, golden: [InferenceRequest] = []) async throws -> String {
        let check = try check(message, golden: golden)
        do {
            try await check.pass()
            return "none"
        } catch {
            #expect(error.reason == .notBatchable)
            return error.message
        }
    }

    @Test func `models that answer row by row pass, whatever their inputs`() async throws {
        for model in [
            BatchModels.classifier, BatchModels.sum, BatchModels.lookup, TestModels.identity(ONNX.string, ["n", 3]),
            TestModels.identity(ONNX.float, ["n"]), TestModels.addSub,
        ] {
            #expect(try await refusal(model) == "none")
        }
    }

    @Test func `a fixed leading dimension is refused by its size`() async throws {
        let message = try await refusal(TestModels.identity(ONNX.float, [1, "k"]))
        #expect(
            message
                == "its requests cannot be batched: the leading dimension of input 'x' is fixed at 1; export it open")
    }

    @Test func `a scalar input is refused`() async throws {
        let message = try await refusal(TestModels.identity(ONNX.float, []))
        #expect(message.contains("input 'x' is a scalar and has no leading dimension"))
    }

    @Test func `a scale that is taken over all rows is found out`() async throws {
        let message = try await refusal(BatchModels.quantized)
        #expect(message.contains("it changes answers: in output 'y' of a request in a batch of"))
        #expect(message.contains("expected"))
    }

    @Test func `an output that is no longer a row for each row is found out`() async throws {
        let message = try await refusal(BatchModels.oneMore)
        #expect(message.contains("of a batch of 8 rows 'y' has the shape [9], not one row for each row that went in"))
        // The runtime sees by itself that this one always gives one row.
        #expect(try await refusal(BatchModels.total).contains("of output 'y' is fixed at 1"))
    }

    @Test func `a model on which no made-up input runs is refused until golden inputs show that it may`() async throws {
        #expect(try await refusal(BatchModels.choosy).contains("push the version with golden inputs"))
        let golden = [65536, 65536].map { Int64($0) }.compactMap { value in
            (try? Tensor("x", .int64, [1], [value])).map {
                InferenceRequest(inputs: [$0], outputs: [RequestedOutput(index: 0)])
            }
        }
        #expect(try await refusal(BatchModels.choosy, golden: golden) == "none")
    }

    @Test func `golden inputs are tried at several magnitudes beside each other`() async throws {
        let golden = InferenceRequest(
            inputs: [try Tensor("x", .fp32, [1, 4], [3, -1, 0.5, 2] as [Float])], outputs: [RequestedOutput(index: 0)])
        #expect(try await refusal(BatchModels.quantized, golden: [golden]).contains("it changes answers"))
    }
}
