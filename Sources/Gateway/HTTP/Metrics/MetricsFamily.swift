/// Figures for `/metrics` that another room makes.
package struct MetricsFamily: Sendable {
    package struct Sample: Sendable {
        package var space: String
        package var endpoint: String
        /// Further labels in order; their values need no escaping.
        package var labels: [(name: String, value: String)]
        package var value: String

        package init(space: String, endpoint: String, labels: [(name: String, value: String)], value: String) {
            self.space = space
            self.endpoint = endpoint
            self.labels = labels
            self.value = value
        }
    }

    package var name: String
    /// `gauge` or `counter`.
    package var type: String
    package var help: String
    package var samples: [Sample]

    package init(name: String, type: String, help: String, samples: [Sample]) {
        self.name = name
        self.type = type
        self.help = help
        self.samples = samples
    }
}

extension MetricsPage {
    /// Families without a sample are left out.
    mutating func families(_ families: [MetricsFamily]) {
        for family in families where !family.samples.isEmpty {
            head(family.name, family.type, family.help)
            for sample in family.samples {
                let own = "space=\"\(sample.space)\",endpoint=\"\(sample.endpoint)\""
                let labels = sample.labels.reduce(own) { $0 + ",\($1.name)=\"\($1.value)\"" }
                line(family.name, labels, sample.value)
            }
        }
    }
}
