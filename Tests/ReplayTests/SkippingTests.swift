import Monitoring
import Registry
import Serving
import Tensors
import Testing

@testable import Replay

@Suite struct SkippingTests {
    private static let answer = [Tensor.labels("label", [0]), .floats("p", [[0.9, 0.1]])]
    private static let input = Tensor.floats("x", [[0.1, 1]])

    private func skipped(_ workshop: ReplayWorkshop, _ version: ModelVersion = ReplayWorkshop.version(2)) async throws
        -> [ReplayReport.Skipped]
    {
        let report = try await workshop.replay(Weighing(), version: version).report
        #expect(report.read == report.predictions.count + report.failed + report.skippedPredictions)
        return report.skipped
    }

    @Test func `what was not answered has nothing to compare with`() async throws {
        let workshop = ReplayWorkshop()
        workshop.record(inputs: [Self.input], outputs: [], fault: .overloaded)
        #expect(try await skipped(workshop) == [ReplayReport.Skipped(reason: .notAnswered, predictions: 1)])
    }

    @Test func `an input of which there are hashes only, or nothing, cannot be given to a model`() async throws {
        let workshop = ReplayWorkshop()
        try workshop.record([[0.1, 1]], options: LedgerOptions(hash: ["x"]))
        try workshop.record([[0.1, 1]], options: LedgerOptions(exclude: ["x"]))
        try workshop.record([[0.1, 1]], options: LedgerOptions(exclude: ["x"]))
        let large = Tensor.floats("x", Array(repeating: [0, 0], count: 40_000))
        workshop.record(inputs: [large], outputs: Self.answer)
        #expect(
            try await skipped(workshop) == [
                ReplayReport.Skipped(reason: .hashed, predictions: 1, example: "'x'"),
                ReplayReport.Skipped(reason: .excluded, predictions: 2, example: "'x'"),
                ReplayReport.Skipped(reason: .tooLarge, predictions: 1, example: "'x'"),
            ])
    }

    @Test func `inputs are held against the version's signature`() async throws {
        for (inputs, words) in [
            ([Tensor.floats("y", [[1, 2]])], "no input 'y'"), ([.floats("x", [[1, 2, 3]])], "has the shape"),
            ([.labels("x", [1])], "is of type FP32, got INT64"), ([], "also needs the input 'x'"),
            ([Self.input, Self.input], "no input 'x'"),
        ] {
            let workshop = ReplayWorkshop()
            workshop.record(inputs: inputs, outputs: Self.answer)
            let found = try #require(try await skipped(workshop).first)
            #expect(found.reason == .doesNotFit)
            #expect(found.example?.contains(words) == true, "\(found.example ?? "")")
        }
    }

    @Test func `outputs that were not kept, or that the version has not, are counted and not compared`() async throws {
        let workshop = ReplayWorkshop()
        try workshop.record([[0.1, 1]], options: LedgerOptions(hash: ["p"]))
        workshop.record(inputs: [Self.input], outputs: Self.answer + [.labels("rank", [3])])
        let report = try await workshop.replay(Weighing()).report
        #expect(report.predictions.count == 2)
        #expect(report.outputs.map(\.name) == ["label", "p", "rank"])
        #expect(report.outputs.map(\.leftOut) == [0, 1, 0])
        #expect(report.outputs.map(\.missing) == [0, 0, 1])
        #expect(report.outputs.map(\.rows.count) == [2, 1, 0])
    }

    @Test func `a prediction without any output to compare is not made again`() async throws {
        let workshop = ReplayWorkshop()
        try workshop.record([[0.1, 1]], options: LedgerOptions(exclude: ["label", "p"]))
        workshop.record(inputs: [Self.input], outputs: [.labels("rank", [3])])
        let found = try await skipped(workshop)
        #expect(found.map(\.reason) == [.noOutputs])
        #expect(found.map(\.predictions) == [2])
    }

    @Test func `an output of another shape is apart, and by no number`() async throws {
        let workshop = ReplayWorkshop()
        workshop.record(inputs: [Self.input], outputs: [.floats("p", [[0.9, 0.1, 0]])])
        let report = try await workshop.replay(Weighing()).report
        #expect(report.predictions == ReplayReport.Compared(count: 1, apart: 1))
        #expect(report.disagreements.map(\.badness) == [nil])
        #expect(report.outputs[1].classChanges == nil)
    }
}
