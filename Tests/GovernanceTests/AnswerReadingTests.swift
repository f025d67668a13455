import Journal
import Registry
import Statistics
import Tensors
import Testing

@testable import Governance

/// How outputs become classes, and rows become inputs.
@Suite struct AnswerReadingTests {
    private func find(
        _ labels: [String]?, _ scores: [[Double]], truth: Set<String>, given: [String]? = nil,
        described: [String]? = nil, positive: String? = nil
    ) throws(ControlError) -> [String] {
        try ClassList.find(
            ModelAnswers(labels: labels, scores: scores), truth: truth, given: given, described: described,
            positive: positive, who: "churn:1"
        ).names
    }

    @Test func `the classes of scores are those that fit truth and labels`() throws {
        let scores = [[0.9, 0.2], [0.1, 0.8]]
        #expect(try find(["a", "b"], scores, truth: ["a", "b"]) == ["a", "b"])
        #expect(try find(nil, scores, truth: ["10", "9"]) == ["9", "10"])
        // The model file knows better than the alphabet.
        #expect(try find(["yes", "no"], scores, truth: ["no", "yes"], described: ["yes", "no"]) == ["yes", "no"])
        // Labels by number, a truth by name.
        #expect(try find(["0", "1"], scores, truth: ["yes", "no"], described: ["yes", "no"]) == ["yes", "no"])
        // A truth in which one class does not occur.
        #expect(try find(["0", "1"], scores, truth: ["0"]) == ["0", "1"])
        #expect(try find(["b", "a"], scores, truth: ["a", "b"], given: ["b", "a"]) == ["b", "a"])
    }

    @Test func `an order that the labels contradict is not taken`() {
        let scores = [[0.9, 0.8, 0.2], [0.1, 0.2, 0.8]]
        let error = #expect(throws: ControlError.self) { try find(["b", "b", "a"], scores, truth: ["a", "b"]) }
        #expect(error?.field == "classes")
    }

    @Test func `one score is that of the positive class`() throws {
        #expect(try find(nil, [[0.5]], truth: ["1"]) == ["0", "1"])
        #expect(try find(nil, [[0.5]], truth: ["false", "true"]) == ["false", "true"])
        #expect(try find(nil, [[0.5]], truth: ["good", "bad"], positive: "good") == ["bad", "good"])
        #expect(throws: ControlError.self) { try find(nil, [[0.5]], truth: ["good", "bad"]) }
        #expect(throws: ControlError.self) { try find(nil, [[0.5]], truth: ["good"], positive: "good") }
    }

    private func classified(
        _ answers: ModelAnswers, _ truth: [String], positive: String? = nil, threshold: Double? = nil
    ) throws(ControlError) -> ClassifiedRows {
        let rule = HoldoutRule(
            dataset: DataSetName(name: "d"), target: "t", positiveClass: positive, threshold: threshold, metrics: [])
        return try ClassifiedRows(answers, truth: truth, rule: rule, described: nil, who: "churn:1")
    }

    @Test func `without labels the highest score is the prediction, or what passes the threshold`() throws {
        let three = ModelAnswers(labels: nil, scores: [[0.1, 0.4], [0.2, 0.4], [0.7, 0.2]])
        #expect(try classified(three, ["0", "2"]).predicted == [2, 0])
        let one = ModelAnswers(labels: nil, scores: [[0.3, 0.6, 0.5]])
        #expect(try classified(one, ["0", "1", "1"]).predicted == [0, 1, 1])
        #expect(try classified(one, ["0", "1", "1"], threshold: 0.2).predicted == [1, 1, 1])
        // The threshold goes before the model's own labels.
        let labelled = ModelAnswers(labels: ["0", "1", "0"], scores: [[0.7, 0.4, 0.6], [0.3, 0.6, 0.4]])
        #expect(try classified(labelled, ["0", "1", "1"]).predicted == [0, 1, 0])
        #expect(try classified(labelled, ["0", "1", "1"], threshold: 0.35).predicted == [0, 1, 1])
        #expect(throws: ControlError.self) { try classified(three, ["0", "2"], threshold: 0.5) }
    }

    @Test func `classes that only one side knows count as wrong`() throws {
        let rows = try classified(ModelAnswers(labels: ["a", "x", "c"]), ["a", "b", "c"])
        #expect(rows.truth.count == 3 && Set(rows.classes) == ["a", "b", "c", "x"])
        let metric = try rows.metric(MetricLimit(MetricName(.accuracy)), rows: nil)
        #expect(metric.value.value.map { abs($0 - 2.0 / 3) < 1e-12 } == true)
        #expect(throws: ControlError.self) { try rows.metric(MetricLimit(MetricName(.logLoss)), rows: nil) }
        #expect(throws: ControlError.self) { try rows.metric(MetricLimit(MetricName(.recall)), rows: nil) }
    }

    @Test func `a class without a score leaves metrics of scores undefined`() throws {
        let answers = ModelAnswers(labels: ["0", "1"], scores: [[0.9, 0.2], [0.1, 0.8]])
        let rule = HoldoutRule(dataset: DataSetName(name: "d"), target: "t", classes: ["0", "1"], metrics: [])
        let rows = try ClassifiedRows(answers, truth: ["0", "7"], rule: rule, described: nil, who: "churn:1")
        let value = try rows.metric(MetricLimit(MetricName(.logLoss)), rows: nil).value
        #expect(value.value == nil && value.remark?.contains("no score") == true)
    }

    // MARK: - Inputs

    private let table = DataTable.of([
        ("age", .numbers([30, nil, 50])), ("name", .texts(["a", nil, "c"])),
        ("member", .booleans([true, false, true])),
        ("y", .numbers([0, 1, 0])),
    ])

    private func plan(
        _ inputs: [TensorSpec], _ mapping: ColumnMapping = ColumnMapping()
    ) throws(ControlError) -> InputPlan {
        try InputPlan(Signature(inputs: inputs, outputs: []), table, mapping, target: "y", who: "churn:1")
    }

    @Test func `columns go into one input in order, or each into the input of its name`() throws {
        let x = TensorSpec(name: "x", elementType: .fp64, shape: [.symbolic("n"), .fixed(2)])
        let one = try plan([x], ColumnMapping(features: ["member", "age"])).tensors(0..<3)
        let values: [Double] = try #require(one.first).elements()
        #expect(values[0...1] == [1, 30] && values[3].isNaN && values[4...5] == [1, 50])
        let named = try plan([
            TensorSpec(name: "age", elementType: .fp32, shape: [.symbolic("n"), .fixed(1)]),
            TensorSpec(name: "name", elementType: .bytes, shape: [.symbolic("n")]),
            TensorSpec(name: "member", elementType: .bool, shape: [.unknown, .fixed(1)]),
            TensorSpec(name: "bias", elementType: .fp32, shape: [.fixed(1)], isOptional: true),
        ]).tensors(0..<3)
        #expect(named.map(\.name) == ["age", "name", "member"])
        #expect(named[0].shape.dimensions == [3, 1] && named[1].shape.dimensions == [3])
        #expect(named[1].texts == ["a", "", "c"])
        #expect(named[2].elements(of: UInt8.self) == [1, 0, 1])
    }

    @Test func `an input that is named as a column takes that column alone`() throws {
        let age = TensorSpec(name: "age", elementType: .fp32, shape: [.symbolic("n"), .fixed(1)])
        #expect(try plan([age]).tensors(0..<1).first?.elements(of: Float.self) == [30])
    }

    @Test func `rows are folded into the shape that a model takes`() throws {
        let image = TensorSpec(
            name: "image", elementType: .fp32, shape: [.symbolic("n"), .fixed(1), .fixed(2), .fixed(1)])
        let plan = try plan([image], ColumnMapping(features: ["age", "member"]))
        #expect(try plan.tensors(2..<3).first?.shape.dimensions == [1, 1, 2, 1])
    }

    @Test func `a model of a fixed number of rows gets as many, the last one repeated`() throws {
        let x = TensorSpec(name: "x", elementType: .fp32, shape: [.fixed(4), .fixed(1)])
        let plan = try plan([x], ColumnMapping(features: ["member"]))
        #expect(plan.fixedRows == 4)
        #expect(try plan.tensors(1..<3).first?.elements(of: Float.self) == [0, 1, 1, 1])
    }

    @Test func `what a type cannot hold is refused by row and column`() throws {
        let x = TensorSpec(name: "x", elementType: .int64, shape: [.symbolic("n"), .fixed(1)])
        let plan = try plan([x], ColumnMapping(features: ["age"]))
        let error = #expect(throws: ControlError.self) { try plan.tensors(0..<3) }
        #expect(error?.message.contains("row 2 of the column 'age' has no value") == true)
    }

    @Test(
        arguments: [
            (ElementType.int8, 127.0, true), (.int8, 128, false), (.uint8, -1, false), (.int64, 1e30, false),
            (.int32, 1.5, false), (.bool, 2, false), (.uint64, 18_446_744_073_709_551_616, false), (.fp16, 1e9, true),
            (.bf16, -1e300, true), (.int64, .nan, false), (.int64, -.infinity, false),
        ] as [(ElementType, Double, Bool)])
    func `numbers are stored where they fit, and never trap`(_ type: ElementType, _ value: Double, _ fits: Bool) {
        withUnsafeTemporaryAllocation(byteCount: 8, alignment: 8) { place in
            if let address = place.baseAddress { #expect(NumberEncoding.store(value, as: type, at: address) == fits) }
        }
    }

    @Test func `what does not fit the data set is refused with what to do`() {
        func message(_ inputs: [TensorSpec], _ mapping: ColumnMapping = ColumnMapping()) -> String {
            do throws(ControlError) {
                _ = try plan(inputs, mapping)
                return "it fits"
            } catch {
                return "\(error)"
            }
        }
        func spec(_ name: String, _ shape: [Dimension], _ type: ElementType = .fp32) -> TensorSpec {
            TensorSpec(name: name, elementType: type, shape: shape)
        }
        let pair = [spec("agee", [.unknown, .fixed(1)]), spec("name", [.unknown], .bytes)]
        #expect(message(pair).contains("did you mean 'age'?"))
        #expect(message(pair, ColumnMapping(features: ["age"])).contains("has 2 inputs"))
        #expect(message(pair, ColumnMapping(inputs: ["agee": ["age"]])).contains("also needs the input 'name'"))
        #expect(message([spec("x", [.unknown, .fixed(9)])]).contains("holds texts"))
        #expect(message([spec("x", [.unknown], .bytes)], ColumnMapping(features: ["age"])).contains("holds no texts"))
        #expect(
            message([spec("x", [.unknown, .unknown, .unknown])], ColumnMapping(features: ["age"]))
                .contains("several open dimensions"))
        #expect(
            message([spec("x", [.unknown, .fixed(.max), .fixed(4)])], ColumnMapping(features: ["age"]))
                .contains("takes 0 columns"))
        #expect(
            message(
                [spec("a", [.fixed(2)]), spec("b", [.fixed(3)])], ColumnMapping(inputs: ["a": ["age"], "b": ["age"]])
            )
            .contains("different number of rows"))
        #expect(message([spec("x", [.unknown])], ColumnMapping(features: ["agge"])).contains("did you mean 'age'?"))
    }

    @Test func `the output that is meant is found, or asked for`() throws {
        func choice(_ outputs: [(String, ElementType)], _ change: (inout HoldoutRule) -> Void = { _ in })
            -> OutputChoice?
        {
            var rule = HoldoutRule(
                dataset: DataSetName(name: "d"), target: "t", metrics: [MetricLimit(MetricName(.accuracy))])
            change(&rule)
            let signature = Signature(
                inputs: [], outputs: outputs.map { TensorSpec(name: $0.0, elementType: $0.1, shape: []) })
            return try? OutputChoice(rule, signature, who: "churn:1")
        }
        let usual = try #require(choice([("label", .int64), ("probabilities", .fp32)]))
        #expect((usual.prediction, usual.scores) == (0, 1))
        #expect(choice([("logits", .fp32)])?.scores == 0)
        #expect(choice([("a", .fp32), ("b", .fp32)]) == nil)
        #expect(choice([("a", .fp32), ("b", .fp32)]) { $0.scores = "b" }?.scores == 1)
        #expect(choice([("embedding", .fp32), ("probabilities", .fp32), ("label", .bytes)])?.indices == [2, 1])
        #expect(choice([("a", .bytes)]) { $0.metrics = [MetricLimit(MetricName(.mae))] } == nil)
        #expect(choice([("y", .fp64)]) { $0.metrics = [MetricLimit(MetricName(.mae))] }?.prediction == 0)
    }
}
