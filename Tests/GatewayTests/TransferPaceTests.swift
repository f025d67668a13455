import NIOCore
import NIOEmbedded
import Testing

@testable import Gateway

@Suite struct TransferPaceTests {
    private let start = NIODeadline.uptimeNanoseconds(1_000_000_000_000)

    private func limits(rate: Int) -> TransferPace.Limits { TransferPace.Limits(pause: .seconds(30), rate: rate) }

    @Test func `a body that keeps up may pause, and one that does not has its time`() {
        let pace = TransferPace(begun: start, before: 0)
        let limits = limits(rate: 1000)
        #expect(pace.deadline(passed: 0, now: start, limits: limits) == start + .seconds(30))
        // 100 bytes have earned a tenth of a second.
        #expect(
            pace.deadline(passed: 100, now: start + .seconds(29), limits: limits) == start + .milliseconds(30_100))
        #expect(
            pace.deadline(passed: 1_000_000, now: start + .seconds(10), limits: limits) == start + .seconds(40))
    }

    @Test func `what was there before does not count, nor do absurd lengths overflow`() {
        let pace = TransferPace(begun: start, before: 5000)
        #expect(pace.deadline(passed: 5000, now: start, limits: limits(rate: 1)) == start + .seconds(30))
        #expect(pace.deadline(passed: 0, now: start, limits: limits(rate: 1)) == start + .seconds(30))
        let late = start + .hours(1)
        #expect(pace.deadline(passed: .max, now: late, limits: limits(rate: 1)) == late + .seconds(30))
    }

    @Test func `time for which the server lets the peer wait costs it nothing, and forgives it nothing`() {
        var pace = TransferPace(begun: start, before: 0)
        pace.resume(at: start + .seconds(1))
        let before = pace.deadline(passed: 1000, now: start + .seconds(20), limits: limits(rate: 1000))
        #expect(before == start + .seconds(31))
        pace.pause(at: start + .seconds(20))
        pace.pause(at: start + .seconds(50))
        pace.resume(at: start + .seconds(80))
        pace.resume(at: start + .seconds(90))
        let after = pace.deadline(passed: 1000, now: start + .seconds(90), limits: limits(rate: 1000))
        #expect(after == start + .seconds(91))
    }

    @Test func `a rate of zero takes any`() {
        let late = start + .hours(100)
        let pace = TransferPace(begun: start, before: 0)
        #expect(pace.deadline(passed: 1, now: late, limits: limits(rate: 0)) == late + .seconds(30))
    }

    @Test(arguments: ["Content-Length: 100", "Transfer-Encoding: chunked"])
    func `a body that trickles does not hold its connection for ever`(framing: String) async throws {
        let bench = try Bench(try await Workshop())
        #expect(bench.exchange("POST /v2/models/fast/infer HTTP/1.1\r\nHost: a\r\n\(framing)\r\n\r\n").isEmpty)
        var answers: [WireAnswer] = []
        for _ in 0..<3 where answers.isEmpty {
            bench.channel.embeddedEventLoop.advanceTime(by: .seconds(20))
            answers = bench.exchange(framing.hasSuffix("chunked") ? "1\r\n \r\n" : " ")
        }
        #expect(answers.map(\.status) == [408])
    }

    @Test func `a slow body that keeps up is taken`() async throws {
        let bench = try Bench(try await Workshop())
        #expect(
            bench.exchange("POST /v2/models/fast/infer HTTP/1.1\r\nHost: a\r\nContent-Length: 250000\r\n\r\n").isEmpty)
        for _ in 0..<9 {
            bench.channel.embeddedEventLoop.advanceTime(by: .seconds(20))
            bench.send(Array(repeating: UInt8(ascii: " "), count: 25_000))
            #expect(bench.answers().isEmpty)
        }
        bench.send(Array(repeating: UInt8(ascii: " "), count: 25_000))
        #expect(bench.answers().map(\.status) == [400])
    }
}
