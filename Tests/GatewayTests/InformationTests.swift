import Foundation
import NIOCore
import Testing

@testable import Gateway

/// What clients ask beside predictions.
@Suite struct InformationTests {
    private func get(_ path: String) async throws -> WireAnswer {
        let bench = try Bench(try await Workshop())
        return try #require(bench.exchange(Request.text("GET", path)).first)
    }

    private func post(_ path: String, _ body: String = "") async throws -> WireAnswer {
        let bench = try Bench(try await Workshop())
        return try #require(bench.exchange(Request.text("POST", path, length: body.utf8.count) + body).first)
    }

    @Test func `health routes have the bodies that clients read`() async throws {
        #expect(try await get("/v2/health/live").object()["live"] as? Bool == true)
        #expect(try await get("/v2/health/ready").object()["ready"] as? Bool == true)
        let ready = try await get("/v2/models/fast/ready")
        #expect(ready.status == 200)
        #expect(try ready.object()["ready"] as? Bool == true)
        #expect(try await get("/v2/models/broken/ready").status == 503)
        #expect(try await get("/v2/models/none/ready").status == 404)
    }

    @Test func `a server that is not ready says so and lives`() async throws {
        let workshop = try await Workshop(served: false)
        let bench = try Bench(workshop)
        let answers = bench.exchange(Request.text("GET", "/v2/health/ready") + Request.text("GET", "/v2/health/live"))
        #expect(answers.map(\.status) == [503, 200])
    }

    @Test func `server and endpoint metadata`() async throws {
        let server = try await get("/v2").object()
        #expect(server["name"] as? String == "slipway")
        #expect((server["extensions"] as? [String])?.contains("binary_tensor_data") == true)
        let endpoint = try await get("/v2/models/fast").object()
        #expect(endpoint["versions"] as? [String] == ["3"])
        #expect(endpoint["platform"] as? String == "onnxruntime_onnx")
        let input = try #require((endpoint["inputs"] as? [[String: Any]])?.first)
        #expect(input["datatype"] as? String == "FP32")
        #expect(input["shape"] as? [Int] == [-1, 2])
        #expect(
            try await get("/v2/models").object()["models"] as? [String] == ["broken", "fast", "off", "slow", "small"])
        #expect(try await get("/spaces/prod/v2/models").object()["models"] as? [String] == ["fast"])
    }

    @Test func `configuration and statistics have the form of Triton`() async throws {
        let config = try await get("/v2/models/fast/config").object()
        #expect(config["max_batch_size"] as? Int == 0)
        let input = try #require((config["input"] as? [[String: Any]])?.first)
        #expect(input["data_type"] as? String == "TYPE_FP32")
        let all = try #require(try await get("/v2/models/stats").object()["model_stats"] as? [[String: Any]])
        #expect(all.count == 5)
        let one = try #require(try await get("/v2/models/fast/stats").object()["model_stats"] as? [[String: Any]])
        let success = (one.first?["inference_stats"] as? [String: Any])?["success"] as? [String: Any]
        #expect(success?["count"] as? Int == 0)
    }

    @Test func `the repository index lists every endpoint, or those that are ready`() async throws {
        let all = try #require(try await post("/v2/repository/index").json() as? [[String: Any]])
        #expect(all.count == 5)
        let broken = all.first { $0["name"] as? String == "broken" }
        #expect(broken?["reason"] as? String == "the model is broken")
        let ready = try await post("/v2/repository/index", #"{"ready":true}"#)
        let names = (try ready.json() as? [[String: Any]])?.compactMap { $0["name"] as? String }
        #expect(names == ["fast", "slow", "small"])
        #expect(try await post("/v2/repository/index", "[").status == 400)
        #expect(try await post("/v2/repository/index", #"{"ready":"x"}"#).status == 400)
    }

    @Test func `settings are told, and cannot be changed`() async throws {
        #expect(try await get("/v2/trace/setting").object()["trace_level"] as? [String] == ["OFF"])
        #expect(try await post("/v2/trace/setting", "{}").status == 200)
        #expect(try await post("/v2/models/fast/trace/setting", #"{"trace_level":["TIMESTAMPS"]}"#).status == 400)
        #expect(try await get("/v2/logging").object()["log_format"] as? String == "default")
        #expect(try await post("/v2/logging", #"{"log_verbose_level":1}"#).status == 400)
        #expect(try await get("/v2/systemsharedmemory/status").text == "[]")
        #expect(try await get("/v2/systemsharedmemory/region/r/status").status == 400)
        #expect(try await post("/v2/systemsharedmemory/region/r/register", "{}").status == 400)
        #expect(try await post("/v2/cudasharedmemory/unregister").status == 200)
    }

    @Test func `TensorFlow's status and metadata`() async throws {
        let status = try await get("/v1/models/fast").object()
        let version = try #require((status["model_version_status"] as? [[String: Any]])?.first)
        #expect(version["state"] as? String == "AVAILABLE")
        #expect(version["version"] as? String == "3")
        let metadata = try await get("/v1/models/fast/versions/3/metadata").object()
        #expect((metadata["model_spec"] as? [String: Any])?["name"] as? String == "fast")
    }

    @Test func `metrics are text, and the landing page names the way to everything else`() async throws {
        let metrics = try await get("/metrics")
        #expect(metrics["content-type"]?.hasPrefix("text/plain") == true)
        #expect(metrics.text.contains("nv_inference_request_success{model=\"fast\",version=\"3\""))
        let landing = try await get("/")
        #expect(try landing.object()["status"] as? String == "alive")
        #expect(landing.text.contains("/api/v1/openapi.json"))
    }

    @Test func `every answer carries a date and an id of its own`() async throws {
        let bench = try Bench(try await Workshop())
        let answers = bench.exchange(String(repeating: Request.text("GET", "/v2"), count: 50))
        #expect(Set(answers.compactMap { $0["slipway-prediction-id"] }).count == 50)
        #expect(answers.allSatisfy { $0["date"]?.hasSuffix(" GMT") == true })
    }

    @Test(arguments: [
        (0, "Thu, 01 Jan 1970 00:00:00 GMT"), (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
        (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"), (4_102_444_799, "Thu, 31 Dec 2099 23:59:59 GMT"),
    ])
    func `dates are those of RFC 9110`(_ seconds: Int, _ text: String) {
        #expect(HTTPDate.text(seconds: seconds) == text)
    }
}
