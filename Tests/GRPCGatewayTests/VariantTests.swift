import InferenceProtobuf
import InferenceProtocol
import NIOCore
import Serving
import Testing

@testable import GRPCGateway

/// An endpoint with an open rollout: who answers, and how callers choose.
@Suite struct VariantTests {
    private func caller(canary: Int = 0, sticky: StickyKey? = nil) async throws -> (Caller, TrafficPlan) {
        let caller = try await Caller()
        let plan = TrafficPlan(
            rollout: 1, strategy: .canary,
            targets: [
                TrafficTarget(variant: "stable", weight: TrafficPlan.whole - canary, entry: Workshop.entry("fast")),
                TrafficTarget(
                    variant: "canary", weight: canary, entry: Workshop.entry("fast", digest: "other", version: 4)),
            ], sticky: sticky)
        var entry = Workshop.entry("fast")
        entry.traffic = plan
        await caller.workshop.dataPlane.install(ServingSnapshot(generation: 1, endpoints: [entry]))
        return (caller, plan)
    }

    private func ask(
        version: String = "", metadata: [(StaticString, String)] = []
    ) async throws -> Caller.Answer {
        let (caller, _) = try await caller()
        try await caller.send(
            Caller.call(1, metadata: metadata) + Caller.data(1, [Self.request(version: version)]))
        return try #require(try await caller.answers(1).first)
    }

    private static func metadata(_ variant: String?) -> [(StaticString, String)] {
        guard let variant else { return [] }
        return [("slipway-variant", variant)]
    }

    private static func request(version: String = "", parameters: (inout ProtobufBuilder) -> Void = { _ in })
        -> ByteBuffer
    {
        var message = ProtobufBuilder()
        message.string(2, version)
        parameters(&message)
        var bytes = Caller.request()
        var front = message.bytes
        bytes.writeBuffer(&front)
        return bytes
    }

    @Test(
        arguments: [
            ("", nil, "stable", "3"), ("3", nil, "stable", "3"), ("canary", nil, "canary", "4"),
            ("v:4", nil, "canary", "4"),
            ("4", nil, "canary", "4"), ("", "canary", "canary", "4"), ("4", "canary", "canary", "4"),
        ] as [(String, String?, String, String)])
    func `who names a version gets it, and the trailers say which it was`(
        _ version: String, _ variant: String?, _ expected: String, _ number: String
    ) async throws {
        let answer = try await ask(version: version, metadata: Self.metadata(variant))
        #expect(answer.status == 0)
        #expect(answer.trailers["slipway-variant"] == expected)
        #expect(try ProtobufMessage(try #require(answer.messages.first)).string(2) == number)
    }

    @Test(
        arguments: [
            ("9", nil, 5, "has no version '9'"), ("blue", nil, 5, "has no label 'blue'"),
            ("", "blue", 5, "has no variant 'blue'"), ("3", "canary", 3, "the path means version 3"),
        ] as [(String, String?, Int, String)])
    func `what is not there, or is two things, is refused in words`(
        _ version: String, _ variant: String?, _ status: Int, _ text: String
    ) async throws {
        let answer = try await ask(version: version, metadata: Self.metadata(variant))
        #expect(answer.status == status)
        #expect(answer.message?.contains(text) == true)
    }

    @Test func `the same caller gets the same version, by metadata or by parameter`() async throws {
        let (byMetadata, plan) = try await caller(canary: 5000, sticky: .header("user-id"))
        let (byParameter, _) = try await caller(canary: 5000, sticky: .parameter("user"))
        for user in 1...20 {
            let stream = UInt32(2 * user - 1)
            let expected = plan.variant(of: RoutingKey("\(user)"), space: "default", endpoint: "fast")
            try await byMetadata.send(
                Caller.call(stream, metadata: [("user-id", "\(user)")]) + Caller.data(stream, [Caller.request()]))
            let first = try await byMetadata.answers(stream).first
            #expect(first?.trailers["slipway-variant"] == expected)
            let message = Self.request { message in
                message.message(4) { entry in
                    entry.string(1, "user")
                    entry.message(2) { $0.int64(2, user) }
                }
            }
            try await byParameter.send(Caller.call(stream) + Caller.data(stream, [message]))
            let second = try await byParameter.answers(stream).first
            #expect(second?.trailers["slipway-variant"] == expected)
        }
    }

    @Test func `metadata list both versions`() async throws {
        let (caller, _) = try await caller()
        let answer = try await caller.workshop.ask(.modelMetadata) { $0.string(1, "fast") }
        #expect(try answer.strings(2) == ["3", "4"])
    }
}
