/// A room that knows gauges of endpoints which the data plane does not.
package protocol GaugeSource: Sendable {
    /// In the order in which the page has them. Asked at each scrape: cheap.
    func gauges() -> [GaugeFamily]
}

/// One gauge, of all endpoints that have it.
package struct GaugeFamily: Sendable {
    package struct Sample: Sendable {
        package var space: String
        package var endpoint: String
        /// Beside space and endpoint; of few different values.
        package var labels: [(name: String, value: String)]
        package var value: Double

        package init(space: String, endpoint: String, labels: [(name: String, value: String)] = [], value: Double) {
            self.space = space
            self.endpoint = endpoint
            self.labels = labels
            self.value = value
        }
    }

    package var name: String
    package var help: String
    package var samples: [Sample]

    package init(name: String, help: String, samples: [Sample]) {
        self.name = name
        self.help = help
        self.samples = samples
    }

    /// What of it is to be seen.
    func of(_ isSeen: (Sample) -> Bool) -> GaugeFamily {
        var family = self
        family.samples = samples.filter(isSeen)
        return family
    }
}

extension MetricsPage {
    mutating func add(_ family: GaugeFamily) {
        guard !family.samples.isEmpty else { return }
        head(family.name, "gauge", family.help)
        for sample in family.samples {
            let further = sample.labels.map { ",\($0.name)=\"\(Self.escaped($0.value))\"" }.joined()
            let labels = "space=\"\(sample.space)\",endpoint=\"\(sample.endpoint)\"" + further
            line(family.name, labels, Self.text(sample.value))
        }
    }

    private static func escaped(_ text: String) -> String {
        text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
    }

    private static func text(_ value: Double) -> String {
        Int(exactly: value).map { String($0) } ?? value.description
    }
}
