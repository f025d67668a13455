import Foundation
import Serving
import Testing

@testable import Deployments

@Suite struct ShadowReportTests {
    private func reading(_ apart: UInt64, of requests: UInt64, errors: UInt64 = 0) -> ShadowReading {
        ShadowReading(
            rollout: 3, variant: "shadow", mirrored: requests + errors + 5, dropped: 5, errors: errors,
            compared: .init(requests: requests, requestsApart: apart, rows: 2 * requests, rowsApart: apart))
    }

    @Test func `few disagreements among many requests pass, many fail, and few requests say nothing`() {
        #expect(ShadowReport(reading(2, of: 10_000)).verdict == .pass)
        #expect(ShadowReport(reading(500, of: 10_000)).verdict == .fail)
        #expect(ShadowReport(reading(0, of: 100)).verdict == .inconclusive)
        #expect(ShadowReport(reading(0, of: 0)).sentence == "nothing has been compared yet")
    }

    @Test func `a request that the candidate failed is a disagreement`() {
        let report = ShadowReport(reading(0, of: 10_000, errors: 500))
        #expect(report.verdict == .fail)
        #expect(report.disagreements.count == 500 && report.disagreements.of == 10_500)
    }

    @Test func `the segment that differs most comes first, with the others beside it`() {
        var reading = reading(10, of: 1000)
        reading.segments = [
            .init(value: "north", rows: 1000, rowsApart: 1), .init(value: "south", rows: 100, rowsApart: 9),
            .init(value: nil, rows: 10, rowsApart: 0),
        ]
        #expect(ShadowReport(reading).segments.map(\.name) == ["south", "north", nil])
    }

    @Test func `what was read before a restart and since are one`() {
        func reading(_ apart: UInt64, badness: Double) -> ShadowReading {
            var reading = self.reading(apart, of: 100, errors: 1)
            reading.outputs = [
                .init(name: "p", rows: 100, rowsApart: apart, largestDifference: badness, meanDifference: badness)
            ]
            reading.segments = [.init(value: "a", rows: 100, rowsApart: apart)]
            reading.worst = [
                .init(
                    prediction: "x", row: 0, segment: nil, output: "p", badness: badness, primary: ["1"],
                    candidate: ["2"])
            ]
            reading.primaryLatency = [100]
            reading.candidateLatency = [0, 100]
            return reading
        }
        let sum = reading(3, badness: 1).added(to: reading(5, badness: 3))
        #expect(sum.compared == .init(requests: 200, requestsApart: 8, rows: 400, rowsApart: 8))
        #expect(sum.outputs == [.init(name: "p", rows: 200, rowsApart: 8, largestDifference: 3, meanDifference: 2)])
        #expect(sum.segments == [.init(value: "a", rows: 200, rowsApart: 8)])
        #expect(sum.worst.map(\.badness) == [3, 1])
        #expect(sum.primaryLatency == [200] && sum.candidateLatency == [0, 200])
        var other = reading(3, badness: 1)
        other.rollout = 2
        #expect(reading(5, badness: 3).added(to: other) == reading(5, badness: 3))
    }
}
