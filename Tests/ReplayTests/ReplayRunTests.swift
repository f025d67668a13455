import Foundation
import Governance
import Journal
import Monitoring
import Registry
import Runtimes
import Serving
import Tensors
import Testing

@testable import Replay

@Suite struct ReplayRunTests {
    @Test func `the same version gives the same answers`() async throws {
        let workshop = ReplayWorkshop()
        for number in 0..<50 { try workshop.record([[Float(number) / 50, 1]]) }
        let report = try await workshop.replay(Weighing()).report
        #expect(report.predictions == ReplayReport.Compared(count: 50, equal: 50))
        #expect(report.rows == report.predictions)
        #expect(report.outputs.map(\.name) == ["label", "p"])
        #expect(report.outputs.map(\.largestDifference) == [0, 0])
        #expect((report.classChanges, report.failed, report.skipped.isEmpty) == (0, 0, true))
        #expect(report.answeredBy == [1: 50])
        #expect(report.stopped == nil)
    }

    @Test func `another version's answers are counted by row, output and class`() async throws {
        let workshop = ReplayWorkshop()
        try workshop.record([[0.25, 1], [0.4, 1], [0.8, 1]])
        try workshop.record([[0, 1]])
        // 0.25 becomes 0.5 and 0.4 becomes 0.8: another label, each; 0.8 becomes 1.6; 0 stays.
        let report = try await workshop.replay(Weighing(weight: 2)).report
        #expect(report.predictions == ReplayReport.Compared(count: 2, equal: 1, apart: 1))
        #expect(report.rows == ReplayReport.Compared(count: 4, equal: 1, apart: 3))
        #expect(report.classChanges == 2)
        let label = report.outputs[0]
        #expect(label.rows == ReplayReport.Compared(count: 4, equal: 2, apart: 2))
        #expect(label.changes == [ReplayReport.ClassChange(from: "0", to: "1", rows: 2)])
        #expect((label.largestDifference, label.meanDifference) == (1, 0.5))
        let scores = report.outputs[1]
        #expect(abs(scores.largestDifference - 0.8) < 1e-6)
        #expect(abs(scores.meanDifference - (0.25 + 0.4 + 0.8) / 4) < 1e-6)
        // A tie goes to the first, so that 0.5 is of class 0 still.
        #expect(scores.classChanges == 1)
        let found = try #require(report.disagreements.first)
        #expect(report.disagreements.count == 1)
        #expect((found.rows, found.rowsApart, found.row, found.output, found.badness) == (3, 3, 0, "label", nil))
        #expect((found.recorded, found.replayed) == (["0"], ["1"]))
    }

    @Test func `what is within the tolerance is told apart from what is equal`() async throws {
        let workshop = ReplayWorkshop()
        for number in 1...9 { try workshop.record([[Float(number) / 20, 1]]) }
        let strict = ShadowPlan.Tolerance(relative: 0, absolute: 0)
        let near = try await workshop.replay(Weighing(weight: 1.00001)).report
        #expect((near.predictions.withinTolerance, near.predictions.apart) == (9, 0))
        let apart = try await workshop.replay(Weighing(weight: 1.00001), tolerance: strict).report
        #expect((apart.predictions.withinTolerance, apart.predictions.apart) == (0, 9))
    }

    @Test func `those furthest apart are listed first, and no more than are wanted`() async throws {
        let workshop = ReplayWorkshop()
        for number in [3, 1, 4, 1, 5, 9, 2, 6] { try workshop.record([[Float(number) / 100, 1]]) }
        let report = try await workshop.replay(Weighing(weight: 3), listed: 3).report
        #expect(report.predictions.apart == 8)
        let expected = [9, 6, 5].map { "\(Double(Float($0) / 100))" }
        #expect(report.disagreements.compactMap(\.recorded.last) == expected)
        let badness = report.disagreements.compactMap(\.badness)
        #expect(badness.count == 3 && badness == badness.sorted(by: >))
        #expect(try await workshop.replay(Weighing(weight: 3), listed: 0).report.disagreements.isEmpty)
    }

    @Test func `only the newest are made again`() async throws {
        let workshop = ReplayWorkshop()
        for number in 0..<20 { try workshop.record([[Float(number) / 100, 1]]) }
        let (lines, report) = try await workshop.replay(Weighing(), limit: 3, tellsRows: true)
        #expect((report.read, lines.count) == (3, 3))
        #expect(lines.map { $0.contains("\"outcome\":\"equal\"") } == [true, true, true])
        #expect(lines[2].contains(PredictionID(high: 7, low: 20).text))
    }

    @Test func `lines of rows are JSON, whatever became of the prediction`() async throws {
        let workshop = ReplayWorkshop()
        try workshop.record([[0.1, 1]])
        try workshop.record([[0.9, 1]])
        workshop.record(inputs: [], outputs: [], fault: .invalidRequest)
        let model = Weighing(weight: 2) { $0[0] > 0.8 ? .failed("no \"such\" value") : nil }
        let (lines, report) = try await workshop.replay(model, tellsRows: true)
        let rows = try lines.map { line in
            let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: [String: Any]]
            return try #require(object?["row"])
        }
        #expect(rows.map { $0["outcome"] as? String } == ["apart", "failed", "skipped"])
        #expect(rows[1]["reason"] as? String == "no \"such\" value")
        #expect(rows[2]["reason"] as? String == "not_answered")
        let outputs = try #require(rows[0]["outputs"] as? [[String: Any]])
        #expect(outputs.map { $0["name"] as? String } == ["label", "p"])
        #expect(outputs[0]["recorded"] as? [Int] == [0])
        #expect(
            report.failures == [
                ReplayReport.Failure(
                    message: "no \"such\" value", predictions: 1, prediction: PredictionID(high: 7, low: 2).text)
            ])
        #expect((report.read, report.predictions.count, report.failed, report.skippedPredictions) == (3, 1, 1, 1))
    }

    @Test func `a worker that cannot be kept alive ends the replay with what there is`() async throws {
        let workshop = ReplayWorkshop()
        for number in 0..<10 { try workshop.record([[Float(number) / 10, 1]]) }
        let model = Weighing(health: .suspended("its worker died 4 times in a row")) {
            $0[0] > 0.35 ? .lost("it died") : nil
        }
        let report = try await workshop.replay(model).report
        #expect(report.stopped == "its worker died 4 times in a row")
        #expect((report.predictions.equal, report.failed) == (4, 1))
    }

    @Test func `a model that fails on some predictions does not end it`() async throws {
        let workshop = ReplayWorkshop()
        for number in 0..<100 { try workshop.record([[Float(number), 1]]) }
        let model = Weighing { features in Int(features[0]) % 2 == 0 ? .invalidInput("value \(features[0])") : nil }
        let report = try await workshop.replay(model).report
        #expect((report.failed, report.predictions.equal, report.stopped) == (50, 50, nil))
        // Of messages that are all different some are kept.
        #expect(report.failures.count == 16)
    }

    @Test func `cancelling stops the prediction under way`() async throws {
        let workshop = ReplayWorkshop()
        try workshop.record([[0.1, 1]])
        let model = Endless()
        let run = try await workshop.service([2: model]).start(
            ReplayOrder(space: "default", endpoint: "churn", version: ReplayWorkshop.version(2)))
        let next = Task { try await run.next() }
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                model.hasBegun.wait()
                continuation.resume()
            }
        }
        run.cancel()
        let error = await #expect(throws: ControlError.self) { try await next.value }
        #expect(error?.message == "the replay was stopped")
        await #expect(throws: ControlError.self) { try await run.next() }
    }

    @Test func `a service that is closed stops what is under way, and all that comes later`() async throws {
        let workshop = ReplayWorkshop()
        try workshop.record([[0.1, 1]])
        let service = workshop.service([2: Weighing()])
        let order = ReplayOrder(space: "default", endpoint: "churn", version: ReplayWorkshop.version(2))
        let early = try await service.start(order)
        service.close()
        await #expect(throws: ControlError.self) { try await early.next() }
        let late = try await service.start(order)
        await #expect(throws: ControlError.self) { try await late.next() }
    }

    @Test func `there are no more replays at once than there may be`() async throws {
        let workshop = ReplayWorkshop()
        let service = workshop.service([2: Weighing()], atOnce: 1)
        let order = ReplayOrder(space: "default", endpoint: "churn", version: ReplayWorkshop.version(2))
        var run: ReplayRun? = try await service.start(order)
        let error = await #expect(throws: ControlError.self) { _ = try await service.start(order) }
        #expect(error?.code == .unavailable)
        _ = try await run?.next()
        run = nil
        _ = try await service.start(order)
    }

    @Test func `a version that cannot be loaded gives its seat back`() async throws {
        let service = ReplayWorkshop().service([:], atOnce: 1)
        let order = ReplayOrder(space: "default", endpoint: "churn", version: ReplayWorkshop.version(2))
        for _ in 0..<2 {
            let error = await #expect(throws: ControlError.self) { _ = try await service.start(order) }
            #expect(error?.code == .loadFailed)
        }
    }

    @Test(
        arguments: [
            (0, 20, 0.1, [:], "limit"), (1, -1, 0.1, [:], "listed"), (1, 20, -0.1, [:], "tolerance.relative"),
            (1, 20, .infinity, [:], "tolerance.relative"), (1, 20, 0.1, ["q": 0.1], "tolerances.q"),
            (1, 20, 0.1, ["p": -1], "tolerances.p.relative"),
        ] as [(Int, Int, Double, [String: Double], String)])
    func `an order that cannot be meant is refused by its field`(
        limit: Int, listed: Int, relative: Double, outputs: [String: Double], field: String
    ) async throws {
        let order = ReplayOrder(
            space: "default", endpoint: "churn", version: ReplayWorkshop.version(2), limit: limit,
            tolerance: ShadowPlan.Tolerance(relative: relative, absolute: 0),
            tolerances: outputs.mapValues { ShadowPlan.Tolerance(relative: $0, absolute: 0) }, listed: listed)
        let error = #expect(throws: ControlError.self) { try order.validate() }
        #expect(error?.field == field)
    }

    @Test func `an endpoint that never wrote anything down has nothing to replay`() async throws {
        let report = try await ReplayWorkshop().replay(Weighing()).report
        #expect(report.read == 0 && report.stopped == nil && report.disagreements.isEmpty)
        #expect(report.recordedLatency == ReplayReport.Latency())
    }
}
