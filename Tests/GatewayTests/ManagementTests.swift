import Crypto
import Foundation
import NIOCore
import Testing

@testable import Gateway

/// The management interface over a socket, as a client sees it.
@Suite struct ManagementTests {
    private static let base = "/api/v1/spaces/default"

    private static func digest(_ bytes: [UInt8]) -> String {
        SHA256.hash(data: bytes).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }

    @Test func `push and deploy in plain HTTP, then predict`() async throws {
        let workshop = try await Workshop(served: false)
        try await workshop.serving { address in
            try await Wire.connect(address) { session in
                let bytes = [UInt8](repeating: 7, count: 300_000)
                let sha256 = Self.digest(bytes)
                #expect(try await session.ask("HEAD", "\(Self.base)/blobs/\(sha256)").status == 404)
                let upload = try await session.ask("PUT", "\(Self.base)/blobs/\(sha256)", bytes)
                #expect(upload.status == 200)
                let head = try await session.ask("HEAD", "\(Self.base)/blobs/\(sha256)")
                #expect(head.status == 200)
                #expect(head["content-length"] == "300000")
                let push =
                    #"{"files":[{"path":"model.onnx","sha256":"\#(sha256)","size":300000}],"metrics":{"accuracy":0.9}}"#
                let first = try await session.ask("POST", "\(Self.base)/models/iris/versions", push)
                #expect(first.status == 201, "\(first.text)")
                #expect(try await session.ask("POST", "\(Self.base)/models/iris/versions", push).status == 200)
                let deployed = try await session.ask("PUT", "\(Self.base)/deployments/iris", #"{"model":"iris"}"#)
                #expect(deployed.status == 200, "\(deployed.text)")
                #expect(deployed["etag"] == "\"1\"")
                #expect(try await session.ask("POST", "/v2/models/iris/infer", Request.body).status == 200)
                let stale = try await session.ask(
                    "DELETE", "\(Self.base)/deployments/iris", fields: ["If-Match: \"9\""])
                #expect(stale.status == 412)
                #expect(try await session.ask("POST", "/v2/repository/models/iris/unload", "{}").status == 200)
                #expect(try await session.ask("POST", "/v2/models/iris/infer", Request.body).status == 503)
                #expect(try await session.ask("POST", "/v2/repository/models/iris/load", "{}").status == 200)
                #expect(try await session.ask("POST", "/v2/models/iris/infer", Request.body).status == 200)
                #expect(try await session.ask("DELETE", "\(Self.base)/deployments/iris").status == 200)
                #expect(try await session.ask("POST", "/v2/models/iris/infer", Request.body).status == 404)
            }
        }
    }

    @Test func `a model is pushed in one call`() async throws {
        let workshop = try await Workshop(served: false)
        try await workshop.serving { address in
            try await Wire.connect(address) { session in
                let answer = try await session.ask(
                    "POST", "\(Self.base)/models/iris/versions?metric.accuracy=0.5&tag.team=a%20b", [1, 2, 3],
                    fields: ["Content-Type: application/octet-stream"])
                #expect(answer.status == 201, "\(answer.text)")
                let version = try answer.object()["version"] as? [String: Any]
                #expect((version?["metrics"] as? [String: Double]) == ["accuracy": 0.5])
                #expect((version?["tags"] as? [String: String]) == ["team": "a b"])
            }
        }
    }

    @Test func `bytes that are not what their name says are refused`() async throws {
        let workshop = try await Workshop(served: false)
        try await workshop.serving { address in
            try await Wire.connect(address) { session in
                let wrong = String(repeating: "a", count: 64)
                let answer = try await session.ask("PUT", "\(Self.base)/blobs/\(wrong)", [1, 2, 3])
                #expect((400..<500).contains(answer.status))
                #expect(try answer.object()["code"] is String)
                #expect(try await session.ask("GET", "\(Self.base)/models").status == 200)
            }
        }
    }

    @Test func `an upload that breaks off leaves nothing and hurts nobody`() async throws {
        let workshop = try await Workshop(served: false)
        try await workshop.serving { address in
            let bytes = [UInt8](repeating: 9, count: 200_000)
            let sha256 = Self.digest(bytes)
            try await Wire.connect(address) { session in
                let head = Request.text("PUT", "\(Self.base)/blobs/\(sha256)", length: bytes.count)
                try await session.send(Array(head.utf8) + bytes.dropLast())
            }
            try await Wire.connect(address) { session in
                let held = try await session.ask("HEAD", "\(Self.base)/blobs/\(sha256)")
                #expect(held.status == 404)
                let again = try await session.ask("PUT", "\(Self.base)/blobs/\(sha256)", bytes)
                #expect(again.status == 200)
            }
        }
    }

    @Test(arguments: [
        ("GET", "/api/v1/nothing", 404), ("PUT", "/api/v1/server", 405), ("GET", "/api/v1/spaces/nowhere/models", 404),
        ("GET", "/api/v1/spaces/default/models/none", 404), ("GET", "/api/v1/spaces?limit=0", 400),
        ("GET", "/api/v1/spaces?limit=1001", 400), ("GET", "/api/v1/spaces/default/models/m/versions/x", 400),
    ])
    func `a management refusal has a sentence and a code`(_ method: String, _ path: String, _ status: Int) async throws
    {
        let workshop = try await Workshop(served: false)
        let answer = try await workshop.serving { address in
            try await Wire.connect(address) { try await $0.ask(method, path) }
        }
        #expect(answer.status == status, "\(answer.text)")
        let sentence = try answer.object()["error"] as? String
        #expect(sentence?.isEmpty == false)
        let code = try answer.object()["code"] as? String
        let words = [400: "invalid", 404: "not_found", 405: "method_not_allowed"]
        #expect(code == words[status])
        #expect(status != 405 || answer["allow"] == "GET, HEAD")
    }

    @Test func `the OpenAPI document has every route, and no other`() async throws {
        let workshop = try await Workshop(served: false)
        let answer = try await workshop.serving { address in
            try await Wire.connect(address) { try await $0.ask("GET", "/api/v1/openapi.json") }
        }
        let document = try answer.object()
        #expect(document["openapi"] as? String == "3.1.0")
        let paths = try #require(document["paths"] as? [String: [String: Any]])
        let documented = Set(paths.flatMap { path, item in item.keys.map { "\($0.uppercased()) \(path)" } })
        let existing = Set(Route.all.flatMap { route in route.templates.map { "\(route.method.rawValue) \($0)" } })
        #expect(documented == existing)
    }

    @Test func `every route gives an answer of its own`() async throws {
        let workshop = try await Workshop()
        try await workshop.serving { address in
            for route in Route.all {
                for template in route.templates {
                    let path =
                        template.replacingOccurrences(of: "{space}", with: "default")
                        .replacingOccurrences(of: "{endpoint}", with: "fast")
                        .replacing(/\{[a-z0-9]+\}/, with: "1")
                    let answer = try await Wire.connect(address) { session in
                        try await session.ask(route.method.rawValue, path, route.method == .get ? "" : "{}")
                    }
                    #expect(![405, 500, 501].contains(answer.status), "\(route.method) \(path): \(answer.text)")
                    if answer.status == 404, route.method != .head {
                        #expect(!answer.text.contains("there is nothing at this path"), "\(route.method) \(path)")
                    }
                }
            }
        }
    }
}
