import Foundation
import ManagementAPI
import NIOCore
import Testing

@testable import SlipwayClient

struct InferenceTests {
    private static let input = InferTensor("x", shape: [1, 2], [1.5, -2] as [Float])
    private static let empty = #"{"model_name":"e","outputs":[]}"#

    @Test func `predictions go to the space they are meant for`() async throws {
        let server = try LoopbackServer(200, Self.empty)
        for space in ["default", "prod"] {
            try await withClient(server.address, space: space) { client in
                _ = try await client.infer("e", inputs: [])
                _ = try await client.predictTensorFlow("e", json: Array("{}".utf8))
            }
        }
        #expect(
            server.requests.map(\.target) == [
                "/v2/models/e/infer", "/v1/models/e:predict", "/spaces/prod/v2/models/e/infer",
                "/spaces/prod/v1/models/e:predict",
            ])
    }

    @Test func `tensors follow a head of JSON as bytes`() async throws {
        let server = try LoopbackServer(200, Self.empty)
        _ = try await withClient(server.address) { client in
            try await client.infer("e", inputs: [Self.input], outputs: ["y"], id: "7")
        }
        let request = server.requests[0]
        let head = """
            {"id":"7","inputs":[{"datatype":"FP32","name":"x","parameters":{"binary_data_size":8},"shape":[1,2]}],\
            "outputs":[{"name":"y"}],"parameters":{"binary_data_output":true}}
            """
        #expect(request.headers["inference-header-content-length"] == String(head.utf8.count))
        #expect(request.headers["content-type"] == "application/octet-stream")
        #expect(request.body == Array(head.utf8) + [0, 0, 0xC0, 0x3F, 0, 0, 0, 0xC0])
    }

    @Test func `large tensors are sent from where they are, in their order`() async throws {
        let server = try LoopbackServer(200, Self.empty)
        let (large, small) = ((0..<50_000).map(Float.init), [7, 8] as [UInt8])
        _ = try await withClient(server.address) { client in
            try await client.infer(
                "e", inputs: [InferTensor("a", shape: [50_000], large), InferTensor("b", shape: [2], small)])
        }
        let request = server.requests[0]
        let head = try #require(request.headers["inference-header-content-length"].flatMap { Int($0) })
        #expect(request.headers["content-length"] == String(head + 200_002))
        let sent = InferTensor(
            name: "a", type: .fp32, shape: [50_000], bytes: .init(bytes: request.body[head..<(head + 200_000)]))
        #expect(try sent.values(as: Float.self) == large)
        #expect(Array(request.body.suffix(2)) == small)
    }

    @Test func `an answer is read by name, from bytes and from JSON`() async throws {
        let json = """
            {"model_name":"e","model_version":"3","id":"7","outputs":[
            {"name":"a","datatype":"FP32","shape":[2],"parameters":{"binary_data_size":8}},
            {"name":"b","datatype":"INT32","shape":[1,1],"data":[[-8]]},
            {"name":"c","datatype":"BYTES","shape":[1],"parameters":{"binary_data_size":6}}]}
            """
        let bytes: [UInt8] = [0, 0, 0xC0, 0x3F, 0, 0, 0, 0xC0, 2, 0, 0, 0, 0x68, 0x69]
        let server = try LoopbackServer { _, _ in .tensors(json, bytes, headers: ["slipway-prediction-id": "p1"]) }
        let answer = try await withClient(server.address) { try await $0.infer("e", inputs: [Self.input]) }
        #expect(answer.modelVersion == "3" && answer.id == "7" && answer.predictionID == "p1")
        #expect(try answer["a"].values(as: Float.self) == [1.5, -2])
        #expect(try answer["b"].values(as: Int.self) == [-8])
        #expect(try answer["c"].values(as: String.self) == ["hi"])
        #expect(throws: ClientError.badInput("the answer of e has no output 'd'; it has 'a', 'b', 'c'")) {
            try answer["d"]
        }
        let written = """
            {"model_name":"e","model_version":"3","id":"7","outputs":[\
            {"name":"a","datatype":"FP32","shape":[2],"data":[1.5,-2.0]},\
            {"name":"b","datatype":"INT32","shape":[1,1],"data":[-8]},\
            {"name":"c","datatype":"BYTES","shape":[1],"data":["hi"]}]}
            """
        #expect(String(decoding: try answer.json(), as: UTF8.self) == written)
    }

    @Test(arguments: [
        (#"{"name":"a","datatype":"FP32","shape":[1],"parameters":{"binary_data_size":9}}"#, "announces 9 bytes"),
        (#"{"name":"a","datatype":"FP32","shape":[1],"parameters":{"binary_data_size":-1}}"#, "announces -1 bytes"),
        (#"{"name":"a","datatype":"FP32","shape":[-1],"parameters":{"binary_data_size":4}}"#, "negative dimension"),
        (#"{"name":"a","datatype":"FP32","shape":[3],"parameters":{"binary_data_size":4}}"#, "needs 12 bytes, got 4"),
        (#"{"name":"a","datatype":"FP8","shape":[4],"parameters":{"binary_data_size":4}}"#, "datatype"),
        (#"{"name":"a","datatype":"BYTES","shape":[1],"parameters":{"binary_data_size":4}}"#, "length-prefixed"),
        (#"{"name":"a","datatype":"FP32","shape":[1]}"#, "\"data\" is missing"),
    ])
    func `an answer whose parts do not fit is named as such`(output: String, what: String) async throws {
        let json = #"{"model_name":"e","outputs":[\#(output)]}"#
        let server = try LoopbackServer { _, _ in .tensors(json, [9, 0, 0, 0]) }
        let error = await clientError {
            _ = try await withClient(server.address) { try await $0.infer("e", inputs: []) }
        }
        guard case .unexpectedAnswer(_, let found)? = error else {
            Issue.record("got \(String(describing: error))")
            return
        }
        #expect(found.contains(what))
    }

    @Test(arguments: ["-1", "9999", "x"])
    func `a length of JSON that cannot be is named as such`(length: String) async throws {
        let server = try LoopbackServer { _, _ in
            .answer(200, Self.empty, headers: ["inference-header-content-length": length])
        }
        let error = await clientError {
            _ = try await withClient(server.address) { try await $0.infer("e", inputs: []) }
        }
        #expect(
            error
                == .unexpectedAnswer(
                    server: server.address, what: "\(length) is not where the JSON of its answer ends"))
    }

    @Test func `a tensor that does not fit its shape is never sent`() async throws {
        let server = try LoopbackServer(200, Self.empty)
        let error = await clientError {
            _ = try await withClient(server.address) { client in
                try await client.infer("e", inputs: [InferTensor("x", shape: [1, 4], [1, 2, 3] as [Float])])
            }
        }
        #expect(error == .badInput("tensor 'x' needs 16 bytes, got 12"))
        #expect(server.requests.isEmpty)
    }

    // MARK: JSON

    @Test func `every type of tensor is read, flat or nested`() throws {
        let json = """
            {"model_name":"m","model_version":"3","outputs":[
            {"name":"a","datatype":"FP32","shape":[2,2],"data":[[1,2.5],[3e-3,-4]]},
            {"name":"b","datatype":"UINT64","shape":[1],"data":[18446744073709551615]},
            {"name":"c","datatype":"INT8","shape":[],"data":[-8]},
            {"name":"d","datatype":"BOOL","shape":[2],"data":[true,false]},
            {"name":"e","datatype":"BYTES","shape":[1,1,1],"data":[[["ä"]]]},
            {"name":"f","datatype":"FP64","shape":[1],"data":[0.1]}]}
            """
        let answer = try JSONDecoder().decode(InferAnswer.self, from: Data(json.utf8))
        #expect(
            answer.outputs.map(\.values) == [
                .floats([1, 2.5, 0.003, -4]), .unsigned([.max]), .integers([-8]), .bools([true, false]),
                .strings(["ä"]), .doubles([0.1]),
            ])
    }

    @Test func `NaN and infinities travel as words in JSON, both ways`() async throws {
        let values: [Double] = [.infinity, -.infinity, 1]
        let json = #"{"data":["Infinity","-Infinity",1],"datatype":"FP64","name":"x","shape":[3]}"#
        let server = try LoopbackServer(200, #"{"model_name":"e","outputs":[\#(json)]}"#)
        try await withClient(server.address) { client in
            let tensor = InferTensor("x", shape: [3], values)
            let body = try client.inferRequest(inputs: [tensor])
            #expect(String(decoding: body, as: UTF8.self) == #"{"inputs":[\#(json)]}"#)
            let answer = try await client.readInferAnswer(client.infer("e", json: body))
            #expect(answer.outputs == [tensor])
        }
        #expect(String(decoding: server.requests[0].body, as: UTF8.self) == #"{"inputs":[\#(json)]}"#)

        let nan = try LoopbackServer(
            200, #"{"model_name":"e","outputs":[{"name":"y","datatype":"FP32","shape":[1],"data":["NaN"]}]}"#)
        let output = try await withClient(nan.address) { try await $0.infer("e", inputs: []) }.outputs[0]
        #expect(try output.values(as: Float.self).map(\.isNaN) == [true])
    }
}
