import Foundation
import NIOCore
import Serving
import Testing

@testable import Gateway

/// The Open Inference Protocol and TensorFlow Serving's interface over a socket.
@Suite struct PredictionTests {
    private func ask(
        _ method: String, _ path: String, _ body: String = "", fields: [String] = []
    ) async throws -> WireAnswer {
        try await Workshop().serving { address in
            try await Wire.connect(address) { try await $0.ask(method, path, body, fields: fields) }
        }
    }

    @Test(arguments: [
        "/v2/models/fast/infer", "/v2/models/fast/versions/3/infer", "/spaces/default/v2/models/fast/infer",
        "/spaces/prod/v2/models/fast/versions/7/infer",
    ])
    func `a prediction is answered`(_ path: String) async throws {
        let answer = try await ask("POST", path, Request.body)
        #expect(answer.status == 200)
        #expect(answer["content-type"] == "application/json")
        let object = try answer.object()
        #expect(object["id"] as? String == "7")
        #expect(object["model_name"] as? String == "fast")
        let output = try #require((object["outputs"] as? [[String: Any]])?.first)
        #expect(output["data"] as? [Double] == [3, -4])
        #expect(output["shape"] as? [Int] == [1, 2])
    }

    @Test func `a prediction is answered whichever way its bytes are cut`() async throws {
        let workshop = try await Workshop()
        try await workshop.serving { address in
            try await Wire.connect(address) { session in
                let bytes = Array(Request.predict("fast").utf8)
                for cut in stride(from: 1, to: bytes.count, by: 1) {
                    try await session.send(Array(bytes[..<cut]))
                    try await session.send(Array(bytes[cut...]))
                    let answer = try #require(try await session.answer())
                    #expect(answer.status == 200, "cut at \(cut)")
                }
            }
        }
        let counts = workshop.dataPlane.endpoint(space: "default", name: "fast")?.statistics.snapshot()
        #expect(counts?.successes == UInt64(Request.predict("fast").utf8.count - 1))
    }

    @Test func `chunked bodies and tensors as bytes mean the same`() async throws {
        let header =
            #"{"inputs":[{"name":"x","datatype":"FP32","shape":[1,2],"parameters":{"binary_data_size":8}}],"#
            + #""outputs":[{"name":"y","parameters":{"binary_data":true}}]}"#
        let values: [Float] = [1.5, -2]
        let body = Array(header.utf8) + values.withUnsafeBytes { Array($0) }
        let workshop = try await Workshop()
        try await workshop.serving { address in
            try await Wire.connect(address) { session in
                let fields = ["Inference-Header-Content-Length: \(header.utf8.count)"]
                let answer = try await session.ask("POST", "/v2/models/fast/infer", body, fields: fields)
                #expect(answer.status == 200)
                #expect(answer["content-type"] == "application/octet-stream")
                let length = try #require(answer["inference-header-content-length"].flatMap { Int($0) })
                #expect(answer.body.count == length + 8)
                let floats = Array(answer.body[length...]).withUnsafeBytes { bytes in
                    (0..<2).map { bytes.loadUnaligned(fromByteOffset: $0 * 4, as: Float.self) }
                }
                #expect(floats == [3, -4])
                var text = "POST /v2/models/fast/infer HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                for character in Request.body { text += "1\r\n\(character)\r\n" }
                try await session.send(text + "0\r\n\r\n")
                let chunked = try #require(try await session.answer())
                #expect(chunked.status == 200)
                #expect(chunked.text.contains("[3,-4]") || chunked.text.contains("[3.0,-4.0]"))
            }
        }
    }

    @Test func `an answer of any length says its length`() async throws {
        let workshop = try await Workshop()
        try await workshop.serving { address in
            try await Wire.connect(address) { session in
                for rows in [1, 10, 100, 1000, 20_000, 100_000] {
                    let data = String(repeating: "1,2,", count: rows).dropLast()
                    let body = #"{"inputs":[{"name":"x","datatype":"FP32","shape":[\#(rows),2],"data":[\#(data)]}]}"#
                    let answer = try await session.ask("POST", "/v2/models/fast/infer", body)
                    let outputs = try answer.object()["outputs"] as? [[String: Any]]
                    #expect((outputs?.first?["data"] as? [Double])?.count == rows * 2)
                }
            }
        }
    }

    @Test(arguments: [
        ("/v2/models/none/infer", 404), ("/v2/models/fast/versions/9/infer", 404),
        ("/spaces/nowhere/v2/models/fast/infer", 404), ("/spaces/prod/v2/models/slow/infer", 404),
        ("/v2/models/broken/infer", 503), ("/v2/models/off/infer", 503),
    ])
    func `what cannot answer says why, with the status that fits`(_ path: String, _ status: Int) async throws {
        let answer = try await ask("POST", path, Request.body)
        #expect(answer.status == status)
        let sentence = try answer.object()["error"] as? String
        #expect(sentence?.isEmpty == false)
        #expect(answer["slipway-prediction-id"]?.count == 32)
    }

    @Test(arguments: [
        #"{"inputs":[]}"#, #"{"inputs":[{"name":"z","datatype":"FP32","shape":[1,2],"data":[1,2]}]}"#,
        #"{"inputs":[{"name":"x","datatype":"FP32","shape":[1,3],"data":[1,2,3]}]}"#,
        #"{"inputs":[{"name":"x","datatype":"INT8","shape":[1,2],"data":[1,2]}]}"#,
        #"{"inputs":[{"name":"x","datatype":"FP32","shape":[4611686018427387904,2],"data":[1,2]}]}"#,
        #"{"inputs":[{"name":"x","datatype":"FP32","shape":[1,2],"data":[1,1e999]}]}"#, "[", "\u{0}", "",
    ])
    func `a request that does not fit the model is refused and counted`(_ body: String) async throws {
        let workshop = try await Workshop()
        let answer = try await workshop.serving { address in
            try await Wire.connect(address) { try await $0.ask("POST", "/v2/models/fast/infer", body) }
        }
        #expect(answer.status == 400)
        let sentence = try answer.object()["error"] as? String
        #expect(sentence?.isEmpty == false)
        #expect(workshop.dataPlane.endpoint(space: "default", name: "fast")?.statistics.snapshot().failures == 1)
    }

    @Test func `a header length that lies is refused`() async throws {
        for length in ["9999", "1", "-1", "x"] {
            let answer = try await ask(
                "POST", "/v2/models/fast/infer", Request.body, fields: ["Inference-Header-Content-Length: \(length)"])
            #expect(answer.status == 400, "length \(length)")
        }
    }

    @Test func `TensorFlow's row and column forms are answered in kind`() async throws {
        let row = try await ask("POST", "/v1/models/fast:predict", #"{"instances":[[1,2],[3,4]]}"#)
        #expect(row.status == 200)
        #expect(try row.object()["predictions"] as? [[Double]] == [[2, 4], [6, 8]])
        let column = try await ask("POST", "/v1/models/fast/versions/3:predict", #"{"inputs":{"x":[[1,2]]}}"#)
        #expect(try column.object()["outputs"] as? [[Double]] == [[2, 4]])
        for path in ["/v1/models/fast:classify", "/v1/models/fast:regress"] {
            #expect(try await ask("POST", path, #"{"examples":[]}"#).status == 400)
        }
        #expect(try await ask("POST", "/v1/models/fast/labels/none:predict", "{}").status == 404)
    }
}
