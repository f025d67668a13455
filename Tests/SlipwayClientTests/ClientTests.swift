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
}
