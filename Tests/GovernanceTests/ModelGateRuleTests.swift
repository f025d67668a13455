import Foundation
import Governance
import Journal
import Testing

/// Rules as they are written, and what is refused.
@Suite struct ModelGateRuleTests {
    private static let holdout = """
        {"dataset": "churn-holdout:2", "target": "churned", "features": ["age", "income"], "positiveClass": 1,
         "classes": [0, 1], "metrics": [{"metric": "roc_auc", "min": 0.8, "maxDrop": 0.01},
           {"metric": "recall", "class": true, "min": 0.5}, {"metric": "log_loss", "max": 0.4, "maxRise": 0}],
         "segments": [{"column": "region", "values": ["north", 7], "minimumRows": 50,
           "metrics": [{"metric": "f1_macro", "min": 0.7}]}],
         "minimumRows": 200, "confidence": 0.9, "resamples": 500, "proof": "notWorse"}
        """

    private func holdout(_ text: String) throws -> HoldoutRule {
        try JSONDecoder().decode(HoldoutRule.self, from: Data(text.utf8))
    }

    private func latency(_ text: String) throws -> LatencyRule {
        try JSONDecoder().decode(LatencyRule.self, from: Data(text.utf8))
    }

    @Test func `a rule is read, and comes back as it was`() throws {
        let rule = try holdout(Self.holdout)
        #expect(rule.dataset == DataSetName(name: "churn-holdout", version: 2))
        #expect(rule.mapping.features == ["age", "income"])
        #expect((rule.positiveClass, rule.classes) == ("1", ["0", "1"]))
        #expect(rule.metrics[1].ofClass == "true")
        #expect(rule.segments[0].values == ["north", "7"])
        #expect((rule.proof, rule.batchSize) == (.notWorse, 256))
        try rule.validate()
        #expect(try JSONDecoder().decode(HoldoutRule.self, from: JSONEncoder().encode(rule)) == rule)
        let speed = try latency(#"{"dataset": "d", "inputs": {"x": "age"}, "maxP99Ratio": 1.2, "callers": 4}"#)
        try speed.validate()
        #expect(speed.mapping.inputs == ["x": ["age"]])
        #expect(try JSONDecoder().decode(LatencyRule.self, from: JSONEncoder().encode(speed)) == speed)
    }

    @Test(arguments: [
        (#""target": "churned""#, #""tagret": "churned""#, "tagret", "did you mean 'target'?"),
        (#""min": 0.5"#, #""minn": 0.5"#, "minn", "did you mean 'min'?"),
        (#""column": "region""#, #""colum": "region""#, "colum", "did you mean 'column'?"),
        ("roc_auc", "rock_auc", "metric", "did you mean 'roc_auc'?"),
        ("roc_auc", "gini", "metric", "balanced_accuracy"),
    ])
    func `a misspelt key or metric is refused with what was meant`(
        _ right: String, _ wrong: String, _ field: String, _ hint: String
    ) {
        let error = #expect(throws: ControlError.self) {
            try holdout(Self.holdout.replacingOccurrences(of: right, with: wrong))
        }
        #expect(error?.field?.hasSuffix(field) == true)
        #expect(error?.hint?.contains(hint) == true)
    }

    @Test func `the names of scikit-learn's scorers are known`() throws {
        #expect(try MetricName(parsing: "average_precision") == MetricName(.prAUC))
        #expect(try MetricName(parsing: "roc_auc_ovr_weighted") == MetricName(.rocAUC, .weighted))
        #expect(throws: ControlError.self) { try MetricName(parsing: "accuracy_macro") }
    }

    private static let holdoutMistakes: [(String, @Sendable (inout HoldoutRule) -> Void)] = [
        ("dataset", { $0.dataset = DataSetName(name: "../etc") }),
        ("dataset", { $0.dataset.version = 0 }),
        ("target", { $0.target = "" }),
        ("features", { $0.mapping.features = [] }),
        ("features", { $0.mapping.features = ["age", "churned"] }),
        ("inputs", { $0.mapping.inputs = ["x": ["age"]] }),
        ("classes", { $0.classes = ["0"] }),
        ("classes", { $0.classes = ["0", "0"] }),
        ("positiveClass", { $0.positiveClass = "2" }),
        ("threshold", { $0.threshold = 1.5 }),
        ("threshold", { $0.threshold = .nan }),
        ("metrics[0].min", { $0.metrics[0].min = 80 }),
        ("metrics[0].min", { $0.metrics[0].max = 0.1 }),
        ("metrics[0].maxDrop", { $0.metrics[0].maxDrop = -0.1 }),
        ("metrics[0].maxDrop", { $0.metrics[0].maxDrop = .nan }),
        ("metrics[0].maxRise", { $0.metrics[0].maxRise = 0.1 }),
        ("metrics[2].maxDrop", { $0.metrics[2].maxDrop = 0.1 }),
        ("metrics[2].class", { $0.metrics[2].ofClass = "1" }),
        ("metrics[1].class", { $0.metrics[1].metric = MetricName(.recall, .macro) }),
        ("metrics[1].metric", { $0.metrics[1] = MetricLimit(MetricName(.rmse), max: 1) }),
        ("metrics", { $0.metrics = Array(repeating: $0.metrics[0], count: 101) }),
        ("segments[0].metrics", { $0.segments[0].metrics = [] }),
        ("segments[0].column", { $0.segments[0].column = "churned" }),
        ("segments[0].minimumRows", { $0.segments[0].minimumRows = 0 }),
        ("segments[0].bins", { $0.segments[0].bins = [1] }),
        (
            "segments[0].bins",
            {
                $0.segments[0].values = nil
                $0.segments[0].bins = [3, 3]
            }
        ),
        (
            "segments[0].bins",
            {
                $0.segments[0].values = nil
                $0.segments[0].bins = [.nan]
            }
        ),
        ("segments[0].values", { $0.segments[0].values = [] }),
        ("minimumRows", { $0.minimumRows = 0 }),
        ("confidence", { $0.confidence = 1 }),
        ("resamples", { $0.resamples = 10 }),
        ("batchSize", { $0.batchSize = 0 }),
        ("timeoutSeconds", { $0.timeoutSeconds = 0 }),
    ]

    @Test(arguments: holdoutMistakes)
    func `a holdout rule that cannot be meant is refused by its key`(
        _ field: String, _ change: @Sendable (inout HoldoutRule) -> Void
    ) throws {
        var rule = try holdout(Self.holdout)
        change(&rule)
        let error = #expect(throws: ControlError.self) { try rule.validate() }
        #expect(error?.field == field, "\(String(describing: error))")
        let within = #expect(throws: ControlError.self) { try rule.validate(path: "gates[2]") }
        #expect(within?.field == "gates[2].\(field)")
    }

    @Test(arguments: [
        ("maxP99Milliseconds", "{}"), ("maxP99Milliseconds", #"{"maxP99Milliseconds": 0}"#),
        ("dataset", #"{"requests": "dataset", "maxP50Ratio": 1}"#),
        ("dataset", #"{"rowsPerRequest": 8, "maxP50Ratio": 1}"#),
        ("requests", #"{"requests": "golden", "dataset": "d", "maxP50Ratio": 1}"#),
        ("callers", #"{"callers": 0, "maxP50Ratio": 1}"#), ("callers", #"{"callers": 65, "maxP50Ratio": 1}"#),
        ("seconds", #"{"seconds": 0, "maxP50Ratio": 1}"#), ("warmUp", #"{"warmUp": -1, "maxP50Ratio": 1}"#),
        ("minimumRequests", #"{"minimumRequests": 30000, "maxP50Ratio": 1}"#),
        ("rowsPerRequest", #"{"dataset": "d", "rowsPerRequest": 0, "maxP50Ratio": 1}"#),
    ])
    func `a latency rule that cannot be meant is refused by its key`(_ field: String, _ text: String) throws {
        let rule = try latency(text)
        let error = #expect(throws: ControlError.self) { try rule.validate() }
        #expect(error?.field == field, "\(String(describing: error))")
    }

    @Test func `a misspelt key of a latency rule is refused`() {
        let error = #expect(throws: ControlError.self) { try latency(#"{"maxP99Millis": 10}"#) }
        #expect(error?.hint == "did you mean 'maxP99Milliseconds'?")
    }
}
