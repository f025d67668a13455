import NIOCore
import NIOEmbedded
import Testing

@testable import Gateway

/// Answers that one turn of an event loop makes for several connections.
@Suite struct SendingTogetherTests {
    private static let request = Array("GET /v2/health/live HTTP/1.1\r\nhost: x\r\n\r\n".utf8)

    private func benches(_ count: Int) async throws -> [Bench] {
        let workshop = try await Workshop()
        let first = try Bench(workshop)
        return [first] + (try (1..<count).map { _ in try Bench(workshop, beside: first) })
    }

    @Test func `they are sent when the turn ends`() async throws {
        let benches = try await benches(3)
        for bench in benches { bench.begin(Self.request) }
        #expect(benches.allSatisfy { $0.answers().isEmpty })
        benches[0].endTurn()
        #expect(benches.allSatisfy { $0.answers().map(\.status) == [200] })
    }

    @Test func `the eighth sends them all`() async throws {
        let benches = try await benches(9)
        for bench in benches { bench.begin(Self.request) }
        #expect(benches.prefix(8).allSatisfy { $0.answers().map(\.status) == [200] })
        #expect(benches[8].answers().isEmpty)
        benches[8].endTurn()
        #expect(benches[8].answers().map(\.status) == [200])
    }

    @Test func `a connection that ends meanwhile is in nobody's way`() async throws {
        let benches = try await benches(2)
        for bench in benches { bench.begin(Self.request) }
        _ = try? benches[0].channel.finish(acceptAlreadyClosed: true)
        benches[1].endTurn()
        #expect(benches[1].answers().map(\.status) == [200])
    }

    @Test func `a drain that begins before they are sent ends their connections all the same`() async throws {
        let benches = try await benches(2)
        for bench in benches { bench.begin(Self.request) }
        let drained = benches[0].loop.drain()
        benches[0].endTurn()
        #expect(benches.allSatisfy { $0.answers().map(\.status) == [200] })
        // They linger until their peers hang up, and take no more requests.
        for bench in benches { bench.send(Self.request) }
        #expect(benches.allSatisfy { $0.answers().isEmpty })
        for bench in benches { _ = try? bench.channel.finish(acceptAlreadyClosed: true) }
        try await drained.get()
    }
}
