/// What the registry knows of a version that figures need.
package struct VersionFacts: Sendable, Hashable {
    /// As it was pushed with: `accuracy` and whatever else its makers measured.
    package var metrics: [String: Double]
    /// The classes that the model file names, in the order of its scores.
    package var classes: [String]?

    package init(metrics: [String: Double] = [:], classes: [String]? = nil) {
        self.metrics = metrics
        self.classes = classes
    }

    /// What the version was pushed with for this metric, under any of its names.
    func reference(_ metric: QualityMetric) -> Double? {
        if let value = metrics[metric.description] { return value }
        return metrics.sorted { $0.key < $1.key }.first { QualityMetric(named: $0.key) == metric }?.value
    }
}

/// Where the facts about versions come from.
package protocol VersionFactsSource: Sendable {
    /// Of the version that the endpoint runs or ran; `nil` where it is gone.
    func facts(space: String, endpoint: String, version: Int) async -> VersionFacts?
}
