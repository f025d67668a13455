import Governance
import Journal
import Registry
import Runtimes
import Tensors
import Testing

/// The holdout gate over models that answer what their input says.
@Suite struct HoldoutGateTests {
    private static let features = TensorSpec(name: "x", elementType: .fp32, shape: [.symbolic("n"), .fixed(2)])
    private static let label = TensorSpec(name: "label", elementType: .int64, shape: [.symbolic("n")])
    private static let probabilities = TensorSpec(
        name: "probabilities", elementType: .fp32, shape: [.symbolic("n"), .fixed(2)])

    /// Of `count` rows, `p` is the probability that each model gives: `good` is right in most, `bad` in fewer.
    private static func table(_ count: Int) -> DataTable {
        let truth = (0..<count).map { Double($0 % 2) }
        func column(_ wrongEach: Int) -> [Double] {
            truth.enumerated().map { row, truth in
                let isWrong = row % wrongEach == wrongEach - 1
                return abs((isWrong ? 1 - truth : truth) - 0.2) - Double(row % 5) / 100
            }
        }
        return .of([
            ("good", .numbers(column(10))), ("bad", .numbers(column(3))), ("churned", .numbers(truth)),
            ("region", .texts((0..<count).map { $0 % 4 == 0 ? "south" : "north" })),
            ("age", .numbers((0..<count).map { Double($0 % 70) })),
        ])
    }

    /// Answers by the column of its input that is given.
    private static func model(_ column: Int) -> FunctionScoring.Body {
        { (inputs) throws(RunError) in
            guard let x = inputs.first else { throw .invalidInput("no input") }
            let values: [Float] = x.elements()
            let ones = stride(from: column, to: values.count, by: 2).map { values[$0] }
            return [
                try Tensor("label", .int64, [ones.count], ones.map { Int64($0 >= 0.5 ? 1 : 0) }),
                try Tensor("probabilities", .fp32, [ones.count, 2], ones.flatMap { [1 - $0, $0] }),
            ]
        }
    }

    private static let scoring = FunctionScoring(bodies: ["good": model(0), "bad": model(1)])

    private func version(_ digest: String, outputs: [TensorSpec] = [label, probabilities]) -> ModelVersion {
        .test(digest == "good" ? 4 : 3, digest, inputs: [Self.features], outputs: outputs)
    }

    private func subject(_ candidate: String, champion: String? = nil) -> GateSubject {
        GateSubject(
            promotion: 1, candidate: version(candidate), champion: champion.map { version($0) }, source: "dev",
            target: "prod")
    }

    private func rule(_ metrics: [MetricLimit], segments: [HoldoutRule.Segment] = []) -> HoldoutRule {
        HoldoutRule(
            dataset: DataSetName(name: "holdout"), target: "churned",
            mapping: ColumnMapping(features: ["good", "bad"]),
            metrics: metrics, segments: segments, resamples: 200)
    }

    private func report(
        _ rule: HoldoutRule, _ subject: GateSubject, rows: Int = 200, scoring: FunctionScoring = scoring
    ) async -> GateReport {
        await HoldoutGate(name: "unseen", rule: rule, data: OneTable(table: Self.table(rows)), scorer: scoring)
            .run(on: subject) { _ in }
    }

    // MARK: - Limits

    @Test func `a candidate within its limits passes, and every figure is told`() async {
        let said = Said()
        let gate = HoldoutGate(
            name: "unseen",
            rule: rule([MetricLimit(MetricName(.accuracy), min: 0.85), MetricLimit(MetricName(.logLoss), max: 2)]),
            data: OneTable(table: Self.table(200)), scorer: Self.scoring)
        let report = await gate.run(on: subject("good")) { said.add($0) }
        #expect(report.outcome == .passed, "\(report.summary)")
        #expect((report.gate, report.kind) == ("unseen", .holdout))
        #expect(report.figure("accuracy")?.candidate == 0.9)
        #expect(report.figure("accuracy")?.limit == "at least 0.85")
        #expect(report.figure("recall", "class=1")?.candidate == 0.8)
        #expect(report.figure("precision", "class=0") != nil && report.figure("brier") != nil)
        #expect(report.figure("roc_auc", "class=1")?.passed == nil)
        #expect(report.summary == "all 2 limits hold on 200 rows of holdout:2")
        #expect(report.notes.contains { $0.contains("SHA-256 abab") })
        #expect(said.all.contains("churn:4: scored 200 of 200 rows"))
        #expect(report.startedAt != nil && report.endedAt != nil)
    }

    @Test func `a missed limit fails, and the summary says which`() async {
        let report = await report(
            rule([MetricLimit(MetricName(.accuracy), min: 0.95), MetricLimit(MetricName(.recall), min: 0.5)]),
            subject("good"))
        #expect(report.outcome == .failed)
        #expect(report.summary.contains("1 of 2 limits missed on 200 rows of holdout:2: accuracy is 0.9, allowed is"))
        #expect(report.figure("accuracy")?.passed == false)
        #expect(report.figure("recall")?.passed == true)
    }

    @Test func `too good to be true can be a limit as well`() async {
        let report = await report(rule([MetricLimit(MetricName(.accuracy), min: 0.5, max: 0.8)]), subject("good"))
        #expect(report.outcome == .failed)
        #expect(report.figure("accuracy")?.limit == "at least 0.5, at most 0.8")
    }

    @Test func `too few rows fail`() async {
        var rule = rule([MetricLimit(MetricName(.accuracy), min: 0.5)])
        rule.minimumRows = 201
        let report = await report(rule, subject("good"))
        #expect(report.outcome == .failed)
        #expect(report.figure("rows")?.limit == "at least 201")
    }

    // MARK: - The champion

    @Test func `a drop beyond what is allowed fails, with the interval that shows it`() async throws {
        let report = await report(
            rule([MetricLimit(MetricName(.accuracy), maxDrop: 0.02)]), subject("bad", champion: "good"))
        #expect(report.outcome == .failed)
        let figure = try #require(report.figure("accuracy"))
        #expect((figure.candidate, figure.champion) == (0.67, 0.9))
        let interval = try #require(figure.interval)
        #expect(interval.upperBound < -0.02 && interval.contains(-0.23))
        #expect(figure.limit == "at most 0.02 below the champion")
        #expect(report.notes.contains { $0.contains("95 % interval of 200 paired bootstrap draws") })
    }

    @Test func `a better candidate passes, and so does the champion itself`() async {
        let limits = [MetricLimit(MetricName(.accuracy), maxDrop: 0), MetricLimit(MetricName(.logLoss), maxRise: 0)]
        #expect(await report(rule(limits), subject("good", champion: "bad")).outcome == .passed)
        let same = await report(rule(limits), subject("good", champion: "good"))
        #expect(same.outcome == .passed)
        #expect(same.figure("accuracy")?.interval == 0...0)
    }

    /// 20 rows: 0.9 against 0.7 may be chance.
    @Test func `noise does not fail a candidate, unless it has to prove that it is no worse`() async {
        var rule = rule([MetricLimit(MetricName(.accuracy), maxDrop: 0)])
        let subject = subject("bad", champion: "good")
        let lenient = await report(rule, subject, rows: 8)
        #expect(lenient.outcome == .passed, "\(lenient.figures)")
        rule.proof = .notWorse
        #expect(await report(rule, subject, rows: 8).outcome == .failed)
    }

    @Test func `without a champion there is nothing to compare, and that is said`() async {
        let report = await report(rule([MetricLimit(MetricName(.accuracy), min: 0.5, maxDrop: 0.1)]), subject("good"))
        #expect(report.outcome == .passed)
        let figure = report.figure("accuracy", limit: "at most 0.1 below the champion")
        #expect(figure?.passed == nil && figure?.note?.contains("no champion") == true)
    }

    @Test func `a champion that cannot be scored counts only where it is compared`() async {
        let subject = subject("good", champion: "rotten")
        let plain = await report(rule([MetricLimit(MetricName(.accuracy), min: 0.5)]), subject)
        #expect(plain.outcome == .passed)
        #expect(plain.notes.contains { $0.contains("could not be scored") })
        let compared = await report(rule([MetricLimit(MetricName(.accuracy), maxDrop: 0.5)]), subject)
        #expect(compared.outcome == .error)
        #expect(compared.summary.contains("churn:3 cannot be loaded"))
    }

    // MARK: - Segments

    @Test func `segments are judged by their own limits`() async throws {
        let segment = HoldoutRule.Segment(
            column: "region", metrics: [MetricLimit(MetricName(.accuracy), min: 0.9, maxDrop: 0.01)])
        let report = await report(
            rule([MetricLimit(MetricName(.accuracy), min: 0.5)], segments: [segment]), subject("good", champion: "bad"))
        let north = try #require(report.figure("accuracy", "region=north"))
        let south = try #require(report.figure("accuracy", "region=south"))
        #expect(north.note == "150 rows" && south.note == "50 rows")
        #expect((north.passed, south.passed) == (false, true))
        #expect(report.outcome == .failed)
        #expect(report.summary.contains("accuracy (region=north)"))
    }

    @Test func `a small segment is told but not judged, unless the rule names it`() async throws {
        var segment = HoldoutRule.Segment(
            column: "region", minimumRows: 60, metrics: [MetricLimit(MetricName(.accuracy), min: 1)])
        segment.minimumRows = 1000
        let told = await report(
            rule([MetricLimit(MetricName(.accuracy), min: 0.5)], segments: [segment]), subject("good"))
        #expect(told.outcome == .passed)
        #expect(told.figure("accuracy", "region=north")?.note?.contains("too few to be judged") == true)
        segment.values = ["north", "west"]
        let named = await report(
            rule([MetricLimit(MetricName(.accuracy), min: 0.5)], segments: [segment]), subject("good"))
        #expect(named.outcome == .failed)
        #expect(named.figure("rows", "region=west")?.candidate == 0)
    }

    @Test func `numbers fall into ranges`() async {
        let segment = HoldoutRule.Segment(
            column: "age", bins: [30, 50], metrics: [MetricLimit(MetricName(.accuracy), min: 0.1)])
        let report = await report(
            rule([MetricLimit(MetricName(.accuracy), min: 0.5)], segments: [segment]), subject("good"))
        #expect(["age<30", "30<=age<50", "age>=50"].allSatisfy { report.figure("accuracy", $0)?.passed == true })
    }

    @Test func `a column with too many values is no segment`() async {
        let segment = HoldoutRule.Segment(column: "age", metrics: [MetricLimit(MetricName(.accuracy), min: 0.1)])
        let report = await report(
            rule([MetricLimit(MetricName(.accuracy), min: 0.5)], segments: [segment]), subject("good"))
        #expect(report.outcome == .error)
        #expect(report.summary.contains("70 values") && report.notes.contains { $0.contains("'bins'") })
    }

    @Test func `a metric that a segment does not define fails only where the segment is named`() async {
        let limits = [MetricLimit(MetricName(.rocAUC), ofClass: "1", min: 0.1)]
        var segment = HoldoutRule.Segment(column: "churned2", minimumRows: 1, metrics: limits)
        var table = Self.table(40)
        table.columns.append(.init(name: "churned2", values: table.columns[2].values))
        func outcome(_ segment: HoldoutRule.Segment) async -> GateReport {
            await HoldoutGate(
                name: "g", rule: rule(limits, segments: [segment]), data: OneTable(table: table), scorer: Self.scoring
            ).run(on: subject("good")) { _ in }
        }
        let told = await outcome(segment)
        #expect(told.outcome == .passed)
        #expect(told.figure("roc_auc", "churned2=1, class=1")?.note?.contains("all rows are of the class") == true)
        segment.values = ["1"]
        #expect(await outcome(segment).outcome == .failed)
    }

    // MARK: - What goes wrong

    @Test func `what cannot be carried out says why`() async {
        func summary(_ change: (inout HoldoutRule) -> Void) async -> String {
            var rule = rule([MetricLimit(MetricName(.accuracy), min: 0.5)])
            change(&rule)
            let report = await report(rule, subject("good"))
            #expect(report.outcome == .error)
            return report.summary + report.notes.joined()
        }
        #expect(await summary { $0.dataset.version = 3 }.contains("no data set"))
        #expect(await summary { $0.target = "churn" }.contains("did you mean 'churned'?"))
        #expect(await summary { $0.mapping.features = ["good"] }.contains("takes 2 columns, got 1"))
        #expect(await summary { $0.mapping.features = ["good", "region"] }.contains("'region' holds texts"))
        #expect(await summary { $0.mapping.features = nil }.contains("holds texts"))
        #expect(await summary { $0.mapping = ColumnMapping(inputs: ["y": ["good"]]) }.contains("no input 'y'"))
        #expect(await summary { $0.scores = "probability" }.contains("did you mean 'probabilities'?"))
        #expect(
            await summary { $0.metrics[0] = MetricLimit(MetricName(.recall), ofClass: "2", min: 0) }
                .contains("no class '2'"))
        #expect(await summary { $0.positiveClass = "yes" }.contains("no class 'yes'"))
        #expect(await summary { $0.classes = ["0", "1", "2"] }.contains("gives 2 scores"))
        #expect(await summary { $0.metrics = [] }.contains("at least one metric"))
    }

    @Test func `a model that fails on the way is an error that names it`() async {
        let scoring = FunctionScoring(bodies: [
            "good": { (_) throws(RunError) in throw .lost("its worker died: signal 11") }
        ])
        let report = await report(
            rule([MetricLimit(MetricName(.accuracy), min: 0.5)]), subject("good"), scoring: scoring)
        #expect(report.outcome == .error)
        #expect(report.summary == "churn:4 gives no answer: its worker died: signal 11")
    }

    @Test func `rows whose truth is not known are refused`() async {
        var table = Self.table(4)
        table.columns[2].values = .numbers([0, 1, nil, 1])
        let report = await HoldoutGate(
            name: "g", rule: rule([MetricLimit(MetricName(.accuracy), min: 0)]), data: OneTable(table: table),
            scorer: Self.scoring
        ).run(on: subject("good")) { _ in }
        #expect(report.summary == "1 of 4 rows of holdout:2 have no value in the target 'churned'")
    }

    @Test func `a gate that is stopped asks no more`() async {
        let gate = HoldoutGate(
            name: "g", rule: rule([MetricLimit(MetricName(.accuracy), min: 0)]),
            data: OneTable(table: Self.table(4)), scorer: Self.scoring)
        let subject = subject("good")
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return await gate.run(on: subject) { _ in }
        }
        let report = await task.value
        #expect(report.outcome == .error)
        #expect(report.summary == "the gate was stopped")
    }

    @Test func `probabilities that are no numbers fail what is asked of them, and nothing traps`() async {
        let scoring = FunctionScoring(bodies: [
            "good": { (inputs) throws(RunError) in
                let count = inputs.first?.shape.dimensions.first ?? 0
                return [
                    try Tensor("label", .int64, [count], Array(repeating: Int64(1), count: count)),
                    try Tensor("probabilities", .fp32, [count, 2], Array(repeating: Float.nan, count: count * 2)),
                ]
            }
        ])
        var rule = rule([MetricLimit(MetricName(.logLoss), max: 100), MetricLimit(MetricName(.rocAUC), maxDrop: 0.5)])
        rule.classes = ["0", "1"]
        let report = await report(rule, subject("good", champion: "good"), scoring: scoring)
        #expect(report.outcome == .failed)
        #expect(report.figure("log_loss")?.candidate == nil)
        #expect(report.figure("log_loss")?.note?.contains("not between 0 and 1") == true)
    }
}
