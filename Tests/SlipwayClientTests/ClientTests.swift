import Foundation
import ManagementAPI
import Testing

@testable import SlipwayClient

struct ClientTests {
    @Test(arguments: [
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"), ("HTTPS://example.org/", "https://example.org"),
        ("http://[::1]:80", "http://[::1]:80"), ("http://[::1]", "http://[::1]"),
    ])
    func `addresses that are taken`(text: String, address: String) throws {
        #expect(try ServerAddress(text).description == address)
    }

    @Test(arguments: [
        "127.0.0.1:8080", "localhost", "ftp://host", "http://", "http://host:0", "http://host:65536", "http://host:x",
        "http://host/path", "http://user@host", "http://host?x", "http://:8080", "",
    ])
    func `addresses that are refused`(text: String) {
        #expect(throws: ClientError.self) { try ServerAddress(text) }
    }

    @Test func `names are encoded, so that none can change the path`() async throws {
        let server = try LoopbackServer(200, Wire.model("x"))
        _ = try await withClient(server.address) { try await $0.model("../a b/ä?c") }
        #expect(server.requests[0].target == "/api/v1/spaces/default/models/..%2Fa%20b%2F%C3%A4%3Fc")
    }

    @Test func `a refusal arrives whole`() async throws {
        let server = try LoopbackServer(422, #"{"error":"no","code":"notAModel","field":"files","hint":"export it"}"#)
        let error = await clientError { _ = try await withClient(server.address) { try await $0.deploy(model: "a") } }
        #expect(
            error
                == .refused(status: 422, APIError(error: "no", code: "notAModel", field: "files", hint: "export it")))
        #expect(error?.hint == "export it")
    }

    @Test func `a refusal of an inference protocol has nothing but its sentence`() async throws {
        let server = try LoopbackServer(404, #"{"error":"no endpoint"}"#)
        let error = await clientError {
            _ = try await withClient(server.address) { try await $0.infer("a", inputs: []) }
        }
        #expect(error == .refused(status: 404, APIError(error: "no endpoint", code: "not_found")))
    }

    @Test(arguments: [
        (200, "<html>", "it is not JSON of the expected form"),
        (502, "<html>", "status 502 when asked to report its status"),
        (200, #"{"spaces":[]}"#, "the field \"server\" is missing"),
    ])
    func `an answer in another form is named as such`(status: Int, body: String, what: String) async throws {
        let server = try LoopbackServer(status, body)
        let error = await clientError { _ = try await withClient(server.address) { try await $0.status() } }
        #expect(error == .unexpectedAnswer(server: server.address, what: what))
    }

    @Test func `https to a plain port says to write http`() async throws {
        let server = try LoopbackServer(200, "{}")
        let address = server.address.replacingOccurrences(of: "http:", with: "https:")
        let error = await clientError { _ = try await withClient(address) { try await $0.status() } }
        #expect(
            error
                == .badAddress(address, problem: "begins with https://, but the server speaks plain http on this port"))
    }

    @Test func `a certificate file that holds none is named`() throws {
        #expect(throws: ClientError.self) {
            try SlipwayClient(server: "https://127.0.0.1:1", caCertificate: "/dev/null")
        }
    }

    @Test func `pages are followed to the last`() async throws {
        let server = try LoopbackServer { _, number in
            .answer(200, #"{"items":[\#(Wire.model("m\(number)"))]\#(number < 2 ? #","next":"m\#(number)&""# : "")}"#)
        }
        let models = try await withClient(server.address) { client in
            try await allItems { page in try await client.models(limit: 1, after: page) }
        }
        #expect(models.map(\.name) == ["m0", "m1", "m2"])
        #expect(server.requests.map(\.target).last == "/api/v1/spaces/default/models?limit=1&after=m1%26")
    }

    @Test func `a change can depend on the revision that was seen`() async throws {
        let server = try LoopbackServer(200, Wire.deployment)
        try await withClient(server.address) { try await $0.deleteDeployment("churn", ifRevision: 5) }
        #expect(server.requests[0].method == "DELETE")
        #expect(server.requests[0].headers["if-match"] == "\"5\"")
    }

    // MARK: Predictions

    @Test func `predictions go to the space they are meant for`() async throws {
        let server = try LoopbackServer(200, #"{"model_name":"e","outputs":[]}"#)
        for space in ["default", "prod"] {
            try await withClient(server.address, space: space) { client in
                _ = try await client.infer("e", inputs: [InferTensor("x", shape: [1], [1.5] as [Float])])
                _ = try await client.predictTensorFlow("e", json: Array("{}".utf8))
            }
        }
        #expect(
            server.requests.map(\.target) == [
                "/v2/models/e/infer", "/v1/models/e:predict", "/spaces/prod/v2/models/e/infer",
                "/spaces/prod/v1/models/e:predict",
            ])
        #expect(
            String(decoding: server.requests[0].body, as: UTF8.self)
                == #"{"inputs":[{"data":[1.5],"datatype":"FP32","name":"x","shape":[1]}]}"#)
    }

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

    @Test func `NaN and infinities travel as words, both ways`() async throws {
        let values: [Double] = [.infinity, -.infinity, 1]
        let json = #"{"data":["Infinity","-Infinity",1],"datatype":"FP64","name":"x","shape":[3]}"#
        let server = try LoopbackServer(200, #"{"model_name":"e","outputs":[\#(json)]}"#)
        let answer = try await withClient(server.address) { client in
            try await client.infer("e", inputs: [InferTensor("x", shape: [3], values)])
        }
        #expect(String(decoding: server.requests[0].body, as: UTF8.self) == #"{"inputs":[\#(json)]}"#)
        #expect(answer.outputs == [InferTensor("x", shape: [3], values)])

        let nan = try LoopbackServer(
            200, #"{"model_name":"e","outputs":[{"name":"y","datatype":"FP32","shape":[1],"data":["NaN"]}]}"#)
        let output = try await withClient(nan.address) { try await $0.infer("e", inputs: []) }.outputs[0]
        guard case .floats(let floats) = output.values, floats.count == 1 else {
            Issue.record("got \(output)")
            return
        }
        #expect(floats[0].isNaN)
    }

    @Test func `tensors are appended by rows when they fit`() {
        let one = InferTensor("x", shape: [1, 2], [1, 2] as [Float])
        let two = InferTensor("x", shape: [2, 2], [3, 4, 5, 6] as [Float])
        #expect(one.appending(two) == InferTensor("x", shape: [3, 2], [1, 2, 3, 4, 5, 6] as [Float]))
        #expect(one.appending(InferTensor("x", shape: [1, 3], [1, 2, 3] as [Float])) == nil)
        #expect(one.appending(InferTensor("x", shape: [1, 2], [1, 2] as [Double])) == nil)
    }
}
