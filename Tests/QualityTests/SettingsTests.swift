import Documents
import Journal
import Testing

@testable import Quality

@Suite struct `The section quality of a monitor` {
    static func read(_ yaml: String) throws -> QualitySettings {
        try QualitySettings(document: try DocumentText.value(yaml: yaml, what: "monitor"))
    }

    @Test func `what was read is read again from what is kept of it`() throws {
        for yaml in [
            "{}", "{task: regression, window: {rows: 20}}",
            "{prediction: label, scores: probabilities, classes: [0, 1], positive: 1, key: customer, metrics: [accuracy, auc], segments: [region, age]}",
            "{positive: true, metrics: [f1_macro]}",
        ] {
            let settings = try Self.read(yaml)
            #expect(try QualitySettings(document: settings.document) == settings)
        }
        #expect(try Self.read("{metrics: [auc]}").metrics == [QualityMetric(.rocAUC)])
    }

    @Test(arguments: [
        ("{metrics: [acuracy]}", "quality.metrics[0]"), ("{task: clasification}", "quality.task"),
        ("{segments: [a, a]}", "quality.segments[1]"), ("{window: {rows: 0}}", "quality.window.rows"),
        ("{keyy: a}", "quality.keyy"), ("{task: regression, metrics: [f1]}", "quality.metrics"),
        ("{metrics: [mae, f1]}", "quality.metrics"), ("{classes: [a, b], positive: c}", "quality.positive"),
        ("{positive: [1]}", "quality.positive"), ("{classes: [a, a]}", "quality.classes[1]"),
    ])
    func `what is wrong is refused with its place`(yaml: String, place: String) {
        let error = #expect(throws: ControlError.self) { try Self.read(yaml) }
        #expect(error?.field == place)
    }

    @Test func `only what decides how predictions are read has them read again`() throws {
        let plain = try Self.read("{}").reading
        #expect(try Self.read("{metrics: [f1], window: {rows: 5}, positive: 1, task: classification}").reading == plain)
        for yaml in ["{key: a}", "{prediction: a}", "{scores: a}", "{segments: [a]}"] {
            #expect(try Self.read(yaml).reading != plain, "\(yaml)")
        }
    }
}
