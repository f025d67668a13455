import Foundation
import ManagementAPI
import Synchronization
import Testing

@testable import SlipwayClient

struct UploadTests {
    private static func accepting(_ request: LoopbackServer.Request, isThere: Bool = false) -> LoopbackServer.Reaction {
        switch request.method {
        case "HEAD": .answer(isThere ? 200 : 404, "")
        case "PUT": .answer(200, #"{"sha256":"00","size":3}"#)
        default: .answer(201, Wire.push(isNew: true))
        }
    }

    @Test func `a push hashes, looks, sends, and then asks for the version`() async throws {
        let folder = try TemporaryFolder()
        let file = try folder.write("churn.onnx", Array("abc".utf8))
        let server = try LoopbackServer { request, _ in Self.accepting(request) }
        let steps = Mutex<[PushProgress]>([])
        let result = try await withClient(server.address, space: "dev", token: "secret") { client in
            try await client.push(file, as: "churn", metrics: ["f1": 0.5]) { step in steps.withLock { $0.append(step) }
            }
        }
        // SHA-256 of "abc", from FIPS 180-2.
        let sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        #expect(
            server.requests.map { "\($0.method) \($0.target)" } == [
                "HEAD /api/v1/spaces/dev/blobs/\(sha256)", "PUT /api/v1/spaces/dev/blobs/\(sha256)",
                "POST /api/v1/spaces/dev/models/churn/versions",
            ])
        #expect(server.requests.allSatisfy { $0.headers["authorization"] == "Bearer secret" })
        #expect(server.requests[1].body == Array("abc".utf8))
        let order = try JSONDecoder().decode(PushRequest.self, from: Data(server.requests[2].body))
        let entry = FileEntry(path: "churn.onnx", sha256: sha256, size: 3)
        #expect(order == PushRequest(files: [entry], metrics: ["f1": 0.5]))
        #expect(result.isNew && result.sent == 3 && result.size == 3)
        #expect(result.version.inputs[0].shape == [.name("batch"), .size(4), .size(-1)])
        #expect(steps.withLock { $0.last } == .checking)
    }

    @Test func `bytes that the server has are not sent, and equal files once`() async throws {
        let folder = try TemporaryFolder()
        try folder.write("model/model.onnx", Array("same".utf8))
        try folder.write("model/copy.bin", Array("same".utf8))
        let there = try LoopbackServer { request, _ in Self.accepting(request, isThere: true) }
        let none = try await withClient(there.address) { try await $0.push(folder.path + "/model", as: "churn") }
        #expect(none.sent == 0)
        #expect(there.requests.map(\.method) == ["HEAD", "POST"])

        let empty = try LoopbackServer { request, _ in Self.accepting(request) }
        let once = try await withClient(empty.address) { try await $0.push(folder.path + "/model", as: "churn") }
        #expect(once.sent == 4)
        #expect(empty.requests.map(\.method) == ["HEAD", "PUT", "POST"])
    }

    @Test func `an upload that breaks off is sent again from the first byte`() async throws {
        let folder = try TemporaryFolder()
        let bytes = (0..<(3 << 20)).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let file = try folder.write("model.onnx", bytes)
        let server = try LoopbackServer { request, number in
            number == 1 ? .hangUp(afterBody: 1 << 20) : Self.accepting(request)
        }
        _ = try await withClient(server.address) { try await $0.push(file, as: "churn") }
        #expect(server.requests.map(\.method) == ["HEAD", "PUT", "PUT", "POST"])
        #expect(server.requests[2].body == bytes)
        #expect(server.requests[1].headers["idempotency-key"] == server.requests[2].headers["idempotency-key"])
    }

    @Test func `a file is read only as fast as the server takes it`() async throws {
        let size = 96 << 20
        let folder = try TemporaryFolder()
        let file = try folder.write("model.onnx", [UInt8](repeating: 7, count: size))
        let handed = Mutex(0)
        let ahead = Mutex(0)
        let server = try LoopbackServer(bodyProgress: { request in
            guard request.method == "PUT" else { return }
            let distance = handed.withLock { $0 } - request.body.count
            ahead.withLock { $0 = max($0, distance) }
        }) { request, _ in Self.accepting(request) }
        _ = try await withClient(server.address) { client in
            try await client.push(file, as: "churn") { step in
                if case .uploading(let done, _) = step { handed.withLock { $0 = done } }
            }
        }
        #expect(handed.withLock { $0 } == size)
        // What both ends of a socket hold is a few megabytes (Linux: 4 of the sender's, and what the server asked for).
        #expect(ahead.withLock { $0 } < 16 << 20)
    }

    @Test func `a file that shrinks while it is sent is named`() async throws {
        let folder = try TemporaryFolder()
        let file = try folder.write("model.onnx", [UInt8](repeating: 7, count: 1 << 20))
        let server = try LoopbackServer { request, _ in
            if request.method == "HEAD" { truncate(file, 1000) }
            return Self.accepting(request)
        }
        let error = await clientError {
            _ = try await withClient(server.address) { try await $0.push(file, as: "churn") }
        }
        guard case .file(file, "changed while it was being sent", _)? = error else {
            Issue.record("got \(String(describing: error))")
            return
        }
    }
}
