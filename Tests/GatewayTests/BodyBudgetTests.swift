import NIOCore
import NIOEmbedded
import Testing

@testable import Gateway

@Suite struct BodyBudgetTests {
    private static let free = BodyBudget.free

    @Test func `small bodies are free`() {
        let budget = BodyBudget(bytes: 0)
        #expect(BodyShare(budget).grow(to: Self.free))
        #expect(!BodyShare(budget).grow(to: Self.free + 1))
    }

    @Test func `what one body takes another does not get, until its share is gone`() {
        let budget = BodyBudget(bytes: 1_000_000)
        do {
            let share = BodyShare(budget)
            #expect(share.grow(to: 900_000))
            #expect(!BodyShare(budget).grow(to: 200_000))
            #expect(!budget.hasRoom(for: 200_000))
        }
        #expect(BodyShare(budget).grow(to: 1_000_000))
    }

    @Test func `a share that cannot grow keeps what it has, and one that shrinks gives back the rest`() {
        let budget = BodyBudget(bytes: 1_000_000)
        let share = BodyShare(budget)
        #expect(share.grow(to: 600_000))
        #expect(!share.grow(to: 1_000_001))
        share.shrink(to: 300_000)
        #expect(budget.hasRoom(for: 700_000))
        #expect(!budget.hasRoom(for: 700_001))
        share.shrink(to: 10)
        #expect(budget.hasRoom(for: 1_000_000))
    }

    @Test func `many growing and going shares leave nothing behind`() async {
        let budget = BodyBudget(bytes: 10_000_000)
        await withTaskGroup(of: Void.self) { group in
            for task in 0..<8 {
                group.addTask {
                    for round in 1...200 {
                        let share = BodyShare(budget)
                        for step in 1...5 { _ = share.grow(to: step * (task + 1) * round * 1000) }
                        if round % 3 == 0 { share.shrink(to: round * 1000) }
                    }
                }
            }
        }
        #expect(budget.hasRoom(for: 10_000_000))
    }

    // MARK: connections

    private func head(length: Int) -> String {
        "POST /v2/models/fast/infer HTTP/1.1\r\nHost: a\r\nContent-Length: \(length)\r\n\r\n"
    }

    @Test func `a body for which there is no room is refused before it comes, and taken once there is`() async throws {
        let workshop = try await Workshop(bodies: BodyBudget(bytes: 250_000))
        let first = try Bench(workshop)
        #expect(first.exchange(head(length: 200_000)).isEmpty)
        first.send(Array(repeating: UInt8(ascii: " "), count: 199_999))
        let second = try Bench(workshop)
        let refused = second.exchange(head(length: 100_000))
        #expect(refused.map(\.status) == [503])
        #expect(refused.first?["retry-after"] == "1")
        // Small ones are served all the while.
        #expect(try Bench(workshop).exchange(Request.predict("fast")).map(\.status) == [200])
        #expect(first.exchange(" ").map(\.status) == [400])
        let third = try Bench(workshop)
        #expect(third.exchange(head(length: 100_000)).isEmpty)
    }

    @Test func `an announcement takes nothing`() async throws {
        let workshop = try await Workshop(bodies: BodyBudget(bytes: 250_000))
        let idle = try (0..<20).map { _ in try Bench(workshop) }
        for bench in idle { #expect(bench.exchange(head(length: 200_000)).isEmpty) }
        let bench = try Bench(workshop)
        #expect(bench.exchange(head(length: 200_000)).isEmpty)
        bench.send(Array(repeating: UInt8(ascii: " "), count: 200_000))
        #expect(bench.answers().map(\.status) == [400])
    }

    @Test func `a chunked body is refused where there is no more room, and a caller who leaves gives its part back`()
        async throws
    {
        let workshop = try await Workshop(bodies: BodyBudget(bytes: 300_000))
        let chunked = "POST /v2/models/fast/infer HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
        let chunk = "10000\r\n" + String(repeating: " ", count: 0x10000) + "\r\n"
        let first = try Bench(workshop)
        var answers = first.exchange(chunked)
        for _ in 0..<4 { answers += first.exchange(chunk) }
        #expect(answers.isEmpty)
        answers += first.exchange(chunk)
        #expect(answers.map(\.status) == [503])
        #expect(!first.isOpen)
        let second = try Bench(workshop)
        #expect(second.exchange(chunked + chunk + chunk + chunk).isEmpty)
        try await second.channel.close()
        #expect(try Bench(workshop).exchange(chunked + chunk + chunk + chunk + chunk).isEmpty)
    }

    @Test func `a body larger than all the memory for bodies is too large, not early`() async throws {
        let bench = try Bench(try await Workshop(bodies: BodyBudget(bytes: 100_000)))
        #expect(bench.exchange(head(length: 100_001)).map(\.status) == [413])
    }
}
