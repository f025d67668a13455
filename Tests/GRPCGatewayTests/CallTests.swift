import Gateway
import InferenceProtobuf
import NIOCore
import Serving
import Testing

@testable import GRPCGateway
@testable import HTTP2

/// Calls over HTTP/2, without a socket.
@Suite struct CallTests {
    private func one(_ bytes: [UInt8], limits: GRPCLimits = GRPCLimits()) async throws -> Caller.Answer {
        let caller = try await Caller(limits: limits)
        try await caller.send(bytes)
        return try #require(try await caller.answers(1).first)
    }

    @Test func `a prediction is answered`() async throws {
        let answer = try await one(Caller.call(1) + Caller.data(1, [Caller.request()]))
        #expect(answer.head[":status"] == "200")
        #expect(answer.head["content-type"] == "application/grpc")
        #expect(answer.status == 0)
        #expect(answer.trailers["slipway-prediction-id"]?.count == 32)
        let message = try ProtobufMessage(try #require(answer.messages.first))
        #expect(try message.string(1) == "fast")
        #expect(try message.string(2) == "3")
        #expect(try message.string(3) == "7")
    }

    @Test func `the metadata says which space is meant`() async throws {
        let answer = try await one(
            Caller.call(1, metadata: [("slipway-space", "prod")]) + Caller.data(1, [Caller.request()]))
        #expect(try ProtobufMessage(try #require(answer.messages.first)).string(2) == "7")
    }

    @Test func `calls of one connection are answered whatever their order and number`() async throws {
        let caller = try await Caller()
        for id in [UInt32(1), 3, 5, 7, 9] { try await caller.send(Caller.call(id)) }
        for id in [UInt32(9), 1, 5, 3, 7] { try await caller.send(Caller.data(id, [Caller.request(id: "\(id)")])) }
        let ids = try await caller.answers(1, 3, 5, 7, 9).map { answer in
            try answer.messages.first.map { try ProtobufMessage($0).string(3) }
        }
        #expect(ids == ["1", "3", "5", "7", "9"])
    }

    @Test(arguments: [
        ("off", 14, "unloaded"), ("broken", 14, "broken"), ("nobody", 5, "nobody"),
    ])
    func `an endpoint that does not answer says why`(_ endpoint: String, _ code: Int, _ word: String) async throws {
        let answer = try await one(Caller.call(1) + Caller.data(1, [Caller.request(endpoint)]))
        #expect(answer.status == code)
        #expect(answer.message?.contains(word) == true)
        #expect(answer.head["slipway-prediction-id"]?.count == 32)
        #expect(answer.messages.isEmpty)
    }

    @Test func `a message that makes no sense is the caller's fault`() async throws {
        let answer = try await one(Caller.call(1) + Caller.data(1, [ByteBuffer(bytes: [0x0a, 0xff])]))
        #expect(answer.status == 3)
    }

    @Test func `a method that nobody has is not implemented`() async throws {
        let answer = try await one(Caller.call(1, "inference.GRPCInferenceService/Nothing"))
        #expect(answer.status == 12)
        #expect(answer.resetCode == HTTP2ErrorCode.noError.rawValue)
    }

    @Test(arguments: [("GET", "application/grpc", "405"), ("POST", "application/json", "415")])
    func `what is not gRPC is refused in HTTP's words`(_ verb: String, _ type: String, _ status: String) async throws {
        #expect(try await one(Caller.call(1, verb: verb, type: type)).head[":status"] == status)
    }

    @Test(
        arguments: [
            ("slipway-space", "no/name", 3), ("slipway-space", "nowhere", 5), ("grpc-timeout", "soon", 3),
            ("grpc-encoding", "snappy", 12), ("grpc-timeout", "0m", 4),
        ] as [(StaticString, String, Int)])
    func `metadata that cannot be followed is refused`(
        _ name: StaticString, _ value: String, _ code: Int
    ) async throws {
        let answer = try await one(Caller.call(1, metadata: [(name, value)]) + Caller.data(1, [Caller.request()]))
        #expect(answer.status == code)
        #expect(answer.messages.isEmpty)
    }

    @Test(arguments: ["u", "m", "S", "M", "H"])
    func `a caller may wait for as long as eight digits say`(_ unit: String) async throws {
        let metadata: [(StaticString, String)] = [("grpc-timeout", "99999999" + unit)]
        let answer = try await one(Caller.call(1, metadata: metadata) + Caller.data(1, [Caller.request()]))
        #expect(answer.status == 0)
    }

    @Test(arguments: [
        ("no message", Caller.data(1, [])), ("two messages", Caller.data(1, [Caller.request(), Caller.request()])),
        ("half a message", Caller.frame(FrameKind.data, flags: FrameFlag.endStream, stream: 1, [0, 0, 0, 0, 9, 1])),
        ("a packed message that is not announced", Caller.frame(FrameKind.data, flags: 1, stream: 1, [1, 0, 0, 0, 0])),
    ])
    func `a request is one message`(_ name: String, _ bytes: [UInt8]) async throws {
        #expect(try await one(Caller.call(1) + bytes).status == 13, "\(name)")
    }

    @Test func `a large message is refused before it is there`() async throws {
        let front: [UInt8] = [0x0a, 5] + Array("small".utf8)
        let half = Caller.frame(FrameKind.data, stream: 1, [0, 0, 0x10, 0, 1] + front)
        let answer = try await one(Caller.call(1, metadata: [("slipway-space", "prod")]) + half)
        #expect(answer.status == 8)
        #expect(answer.message?.contains("1048577") == true)
    }

    @Test func `a stream answers each request in order, and goes on after one that fails`() async throws {
        let caller = try await Caller()
        try await caller.send(Caller.call(1, "inference.GRPCInferenceService/ModelStreamInfer"))
        let names = ["fast", "nobody", "fast", "off", "fast"]
        let requests = names.enumerated().map { Caller.request($1, id: "\($0)") }
        try await caller.send(Caller.data(1, Array(requests.prefix(2)), ends: false))
        try await caller.send(Caller.data(1, Array(requests.dropFirst(2))))
        let answer = try #require(try await caller.answers(1).first)
        #expect(answer.status == 0)
        let messages = try answer.messages.map { try ProtobufMessage($0) }
        #expect(try messages.map { try $0.messages(2).first?.string(3) } == ["0", "1", "2", "3", "4"])
        #expect(try messages.map { try $0.string(1).isEmpty } == [true, false, true, false, true])
    }

    @Test func `a stream goes on after a message that is too large`() async throws {
        var limits = GRPCLimits()
        limits.smallMessage = 1000
        let caller = try await Caller(limits: limits)
        let metadata: [(StaticString, String)] = [("slipway-space", "prod")]
        try await caller.send(
            Caller.call(1, "inference.GRPCInferenceService/ModelStreamInfer", metadata: metadata)
                + Caller.data(1, [Caller.request(id: "1")], ends: false))
        let front: [UInt8] = [0x0a, 5] + Array("small".utf8)
        try await caller.send(Caller.frame(FrameKind.data, stream: 1, [0, 0, 0, 7, 0xd0] + front))
        for count in [1000, 993] {
            try await caller.send(Caller.frame(FrameKind.data, stream: 1, [UInt8](repeating: 0x0a, count: count)))
        }
        try await caller.send(Caller.data(1, [Caller.request(id: "3")]))
        let answer = try #require(try await caller.answers(1).first)
        #expect(answer.status == 0)
        let messages = try answer.messages.map { try ProtobufMessage($0) }
        #expect(try messages.map { try $0.messages(2).first?.string(3) ?? "" } == ["1", "", "3"])
        #expect(try messages.map { try $0.string(1).contains("2000 bytes") } == [false, true, false])
    }

    @Test func `a stream goes on after a message that finds no memory`() async throws {
        let caller = try await Caller(bodies: BodyBudget(bytes: 0))
        try await caller.send(Caller.call(1, "inference.GRPCInferenceService/ModelStreamInfer"))
        let rows = 10_000
        let bytes = Caller.data(1, [Caller.request(rows: rows)], ends: false).dropFirst(FrameHead.length)
        for piece in [bytes.prefix(70_000), bytes.dropFirst(70_000)] {
            try await caller.send(Caller.frame(FrameKind.data, stream: 1, Array(piece)))
        }
        try await caller.send(Caller.data(1, [Caller.request(id: "2")]))
        let answer = try #require(try await caller.answers(1).first)
        #expect(answer.status == 0)
        let messages = try answer.messages.map { try ProtobufMessage($0) }
        #expect(try messages.map { try $0.messages(2).first?.string(3) ?? "" } == ["", "2"])
        #expect(try messages.first?.string(1).contains("the bodies of other requests") == true)
    }

    @Test func `a stream of more requests than may be under way loses none`() async throws {
        var limits = GRPCLimits()
        limits.streamWidth = 2
        let caller = try await Caller(limits: limits)
        try await caller.send(Caller.call(1, "inference.GRPCInferenceService/ModelStreamInfer"))
        for index in 0..<40 {
            try await caller.send(Caller.data(1, [Caller.request(id: "\(index + 1)")], ends: index == 39))
        }
        let answer = try #require(try await caller.answers(1).first)
        let ids = try answer.messages.map { try ProtobufMessage($0).messages(2).first?.string(3) }
        #expect(ids == (1...40).map { "\($0)" })
    }

    @Test func `what is no prediction is answered too`() async throws {
        let answer = try await one(
            Caller.call(1, "inference.GRPCInferenceService/ServerReady") + Caller.data(1, [ByteBuffer()]))
        #expect(answer.status == 0)
        #expect(try ProtobufMessage(try #require(answer.messages.first)).bool(1))
    }

    @Test func `reflection answers each request of its stream`() async throws {
        var list = ProtobufBuilder()
        list.element(7, "")
        let answer = try await one(
            Caller.call(1, "grpc.reflection.v1.ServerReflection/ServerReflectionInfo")
                + Caller.data(1, [list.bytes, list.bytes]))
        #expect(answer.status == 0)
        #expect(answer.messages.count == 2)
    }

    @Test func `an answer is in pieces where the caller's window is small`() async throws {
        let caller = try await Caller()
        try await caller.send(Caller.frame(FrameKind.settings, [0, 4, 0, 0, 0, 10]))
        try await caller.send(Caller.call(1) + Caller.data(1, [Caller.request(rows: 100)]))
        // More than the answer: the window that SETTINGS gives grows by this much.
        try await caller.send(Caller.frame(FrameKind.settings, [0, 4, 0, 1, 0, 0]))
        let answer = try #require(try await caller.answers(1).first)
        #expect(answer.messages.first.map { $0.readableBytes > 800 } == true)
        #expect(answer.status == 0)
    }

    @Test func `an answer is counted`() async throws {
        let caller = try await Caller()
        try await caller.send(Caller.call(1) + Caller.data(1, [Caller.request()]))
        _ = try await caller.answers(1)
        let counts = caller.workshop.dataPlane.endpoint(space: "default", name: "fast")?.statistics.snapshot()
        #expect(counts?.successes == 1)
        #expect(counts?.rows == 1)
    }
}
