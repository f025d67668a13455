import Gateway
import NIOCore
import Serving
import Testing

@testable import GRPCGateway
@testable import HTTP2

/// How calls and connections end. The clock of the connections is the test's, that of predictions the machine's.
@Suite(.timeLimit(.minutes(1))) struct ClosingTests {
    private static let stream = "inference.GRPCInferenceService/ModelStreamInfer"
    private static let reflection = "grpc.reflection.v1.ServerReflection/ServerReflectionInfo"

    private func stuckCaller() async throws -> Caller {
        let caller = try await Caller()
        await caller.workshop.getStuck()
        return caller
    }

    private func faults(_ caller: Caller, _ name: String = "stuck") -> [PredictionFault: UInt64] {
        let counts = caller.workshop.dataPlane.endpoint(space: "default", name: name)?.statistics.snapshot().faults
        let all = zip(PredictionFault.allCases, counts ?? [])
        return Dictionary(all.filter { $1 > 0 }.map { ($0, $1) }) { first, _ in first }
    }

    // MARK: connections

    @Test func `an idle connection ends although its peer does not answer`() async throws {
        var limits = GRPCLimits()
        limits.idleTimeout = .seconds(10)
        let caller = try await Caller(limits: limits)
        await caller.pass(.seconds(13))
        #expect(try await caller.kinds().suffix(2) == [FrameKind.goAway, FrameKind.ping])
        #expect(try await caller.isConnected())
        await caller.pass(.seconds(8))
        #expect(try await caller.kinds() == [FrameKind.goAway])
        #expect(try await !caller.isConnected())
    }

    @Test func `a connection whose peer answers is drained at once`() async throws {
        let caller = try await Caller()
        try await caller.drain()
        #expect(try await caller.isConnected())
        try await caller.send(Caller.heard)
        #expect(try await !caller.isConnected())
    }

    @Test func `a drain does not wait for a peer who does not answer`() async throws {
        let caller = try await Caller()
        try await caller.drain()
        // Without an answer, so this call still counts.
        try await caller.send(Caller.call(1))
        await caller.pass(.seconds(8))
        #expect(try await caller.isConnected())
        // And this one does not.
        try await caller.send(Caller.call(3) + Caller.data(3, [Caller.request()]))
        try await caller.send(Caller.data(1, [Caller.request()]))
        #expect(try await caller.answers(1)[0].status == 0)
        #expect(try await !caller.isConnected())
    }

    @Test func `what is still being sent when a connection is drained arrives`() async throws {
        let caller = try await Caller()
        try await caller.send(Caller.call(1, Self.reflection))
        try await caller.dam(true)
        try await caller.drain()
        try await caller.send(Caller.heard)
        await caller.pass(.seconds(20))
        #expect(try await caller.isConnected())
        try await caller.dam(false)
        #expect(try await caller.answers(1)[0].status == 14)
        #expect(try await !caller.isConnected())
    }

    @Test func `a peer who takes nothing while its connection ends is given up`() async throws {
        var limits = GRPCLimits()
        limits.writeTimeout = .seconds(5)
        let caller = try await Caller(limits: limits)
        try await caller.dam(true)
        try await caller.drain()
        try await caller.send(Caller.heard)
        await caller.pass(.seconds(8))
        #expect(try await !caller.isConnected())
    }

    // MARK: calls

    @Test func `a message that does not come ends its own call and no other`() async throws {
        let caller = try await stuckCaller()
        try await caller.send(Caller.call(1) + Caller.frame(FrameKind.data, stream: 1, [0, 0, 0, 0, 9, 1]))
        try await caller.send(Caller.call(3, Self.stream))
        try await caller.send(Caller.call(5) + Caller.data(5, [Caller.request("stuck")]))
        await caller.pass(.seconds(33))
        #expect(try await caller.answers(1)[0].status == 4)
        #expect(faults(caller) == [:])
        try await caller.send(Caller.data(3, [Caller.request()]))
        let answer = try await caller.answers(3)[0]
        #expect(answer.status == 0)
        #expect(answer.messages.count == 1)
        try await caller.send(Caller.reset(5))
    }

    @Test func `nothing is computed for a stream that has ended with an error`() async throws {
        let caller = try await stuckCaller()
        let requests = [ByteBuffer](repeating: Caller.request("stuck"), count: 3)
        try await caller.send(Caller.call(1, Self.stream) + Caller.data(1, requests, ends: false))
        try await caller.send(Caller.frame(FrameKind.data, stream: 1, [2, 0, 0, 0, 0]))
        let answer = try await caller.answers(1)[0]
        #expect(answer.status == 13)
        #expect(answer.messages.isEmpty)
        #expect(faults(caller) == [.cancelled: 3])
        #expect(caller.workshop.dataPlane.endpoint(space: "default", name: "stuck")?.queueDepth == 0)
    }

    @Test func `a stream ends when its time is up, and does not blame one of its predictions`() async throws {
        let caller = try await stuckCaller()
        let requests = [ByteBuffer](repeating: Caller.request("stuck"), count: 3)
        try await caller.send(
            Caller.call(1, Self.stream, metadata: [("grpc-timeout", "100m")]) + Caller.data(1, requests, ends: false))
        let answer = try await caller.answers(1)[0]
        #expect(answer.status == 4)
        #expect(answer.messages.isEmpty)
        #expect(faults(caller).keys.allSatisfy { $0 == .deadlineExceeded })
    }

    @Test(
        arguments: [("9S", .cancelled), (nil, .cancelled), ("9m", .deadlineExceeded)] as [(String?, PredictionFault)],
        ["inference.GRPCInferenceService/ModelInfer", stream])
    func `who gives up when their time is over has run out of time`(
        _ timed: (String?, PredictionFault), _ method: String
    ) async throws {
        let caller = try await stuckCaller()
        let (timeout, fault) = timed
        let metadata: [(StaticString, String)] = timeout.map { [("grpc-timeout" as StaticString, $0)] } ?? []
        // In one read, so that the machine has no time to be slow.
        try await caller.send(
            Caller.call(1, method, metadata: metadata) + Caller.data(1, [Caller.request("stuck")]) + Caller.reset(1))
        // When it was, the deadline's own thread was first.
        while faults(caller).isEmpty { await Task.yield() }
        #expect(faults(caller) == [fault: 1])
    }

    @Test(
        arguments: [
            (1000, 1000, false), (1000, 21, false), (1000, 20, true), (1000, 0, true), (1000, -5, true),
            (50, 11, false), (50, 10, true), (3_600_000, 73_000, false), (3_600_000, 72_000, true),
        ])
    func `a hundredth or two of a call's time are as good as nothing`(
        _ timeout: Int, _ left: Int, _ isOver: Bool
    ) {
        let milliseconds: UInt64 = 1_000_000
        let deadline: UInt64 = 1 << 60
        let patience = Patience(timeout: UInt64(timeout) * milliseconds, deadline: deadline)
        let now = left < 0 ? deadline + UInt64(-left) * milliseconds : deadline - UInt64(left) * milliseconds
        #expect(patience.isOver(at: now) == isOver)
    }

    @Test func `a version that keeps its callers waiting until they give up is at fault in its rollout`() async throws {
        let caller = try await Caller()
        var entry = Workshop.entry("fast")
        entry.traffic = TrafficPlan(
            rollout: 1, strategy: .canary,
            targets: [
                TrafficTarget(variant: "stable", weight: 0, entry: Workshop.entry("fast")),
                TrafficTarget(
                    variant: "canary", weight: TrafficPlan.whole,
                    entry: Workshop.entry("fast", digest: "stuck", version: 4)),
            ])
        await caller.workshop.dataPlane.install(ServingSnapshot(generation: 1, endpoints: [entry]))
        let arm = caller.workshop.dataPlane.endpoint(space: "default", name: "fast")?.traffic?.arms.last
        for (stream, timeout) in [(1, "9m"), (3, "9S")] as [(UInt32, String)] {
            try await caller.send(
                Caller.call(stream, metadata: [("grpc-timeout", timeout)])
                    + Caller.data(stream, [Caller.request()]) + Caller.reset(stream))
            while arm?.counts.errors == 0 { await Task.yield() }
        }
        #expect(arm?.counts.errors == 1)
        #expect(arm?.counts.requests == 1)
    }

    // MARK: limits

    @Test func `who finds the queue full is told when to try again`() async throws {
        let caller = try await stuckCaller()
        for stream in stride(from: UInt32(1), through: 19, by: 2) {
            try await caller.send(Caller.call(stream) + Caller.data(stream, [Caller.request("stuck")]))
        }
        // One runs, four wait.
        let answer = try await caller.answers(19)[0]
        #expect(answer.status == 8)
        #expect(answer.head["retry-after"] == "1")
        for stream in stride(from: UInt32(1), through: 17, by: 2) { try await caller.send(Caller.reset(stream)) }
    }

    @Test func `small messages that have not all come count together`() async throws {
        let caller = try await Caller(bodies: BodyBudget(bytes: 256 << 10))
        let half: [UInt8] = [0, 0, 1, 0x86, 0xa0] + [UInt8](repeating: 0x0a, count: 60_000)
        let streams = (0..<8).map { UInt32($0 * 2 + 1) }
        for stream in streams {
            try await caller.send(Caller.call(stream) + Caller.frame(FrameKind.data, stream: stream, half))
        }
        for answer in try await caller.answers(9, 11, 13, 15) {
            #expect(answer.status == 14)
            #expect(answer.head["retry-after"] == "1")
        }
        #expect(!caller.bodies.hasRoom(for: 100_000))
        // Whole messages are let go, and calls that end.
        try await caller.send(
            Caller.frame(FrameKind.data, flags: FrameFlag.endStream, stream: 1, [UInt8](repeating: 0, count: 40_000)))
        #expect(try await caller.answers(1)[0].status == 3)
        for stream in streams.dropFirst() { try await caller.send(Caller.reset(stream)) }
        #expect(caller.bodies.hasRoom(for: 256 << 10))
        try await caller.send(Caller.call(17) + Caller.data(17, [Caller.request()]))
        #expect(try await caller.answers(17)[0].status == 0)
    }
}
