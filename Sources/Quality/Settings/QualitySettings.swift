/// How an endpoint's predictions are held against the truth: the section `quality` of its monitor. What is not said is
/// found out.
package struct QualitySettings: Sendable, Hashable {
    package enum Task: String, Sendable, Hashable, CaseIterable {
        case classification, regression
    }

    /// Which joined rows are judged together, each version by itself.
    package struct Window: Sendable, Hashable {
        /// The newest so many rows whose truth is known.
        package var rows: Int
        /// Predictions of the last so many hours.
        package var hours: Int

        package init(rows: Int = 1000, hours: Int = 24) {
            self.rows = rows
            self.hours = hours
        }

        package static let rowRange = 1...1_000_000
        /// Up to a year.
        package static let hourRange = 1...8784
    }

    /// `nil`: by the outputs, and by the truth where those can be read either way.
    package var task: Task?
    /// The output that the truth is held against; `nil` to find it.
    package var prediction: String?
    /// The output with scores or probabilities; `nil` to find it.
    package var scores: String?
    /// The classes in the order of the scores; `nil` to find them.
    package var classes: [String]?
    package var positive: String?
    /// The input by whose value truth may be sent; `nil` for none.
    package var key: String?
    /// `nil` for those that are customary.
    package var metrics: [QualityMetric]?
    /// Inputs by whose values figures are told apart.
    package var segments: [String]
    package var window: Window

    package static let mostSegments = 4

    package init(
        task: Task? = nil, prediction: String? = nil, scores: String? = nil, classes: [String]? = nil,
        positive: String? = nil, key: String? = nil, metrics: [QualityMetric]? = nil, segments: [String] = [],
        window: Window = Window()
    ) {
        self.task = task
        self.prediction = prediction
        self.scores = scores
        self.classes = classes
        self.positive = positive
        self.key = key
        self.metrics = metrics
        self.segments = segments
        self.window = window
    }

    /// What decides how a prediction is read, as text: where it changes, all predictions are read again.
    var reading: String {
        let parts = [prediction, scores, key].map { $0.map { "=\($0)" } ?? "" } + segments
        return parts.map { "\($0.utf8.count):\($0)" }.joined()
    }
}
