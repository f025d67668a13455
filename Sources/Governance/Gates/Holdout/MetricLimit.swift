import Journal

/// One metric with its limits.
package struct MetricLimit: Sendable, Hashable, Codable {
    package var metric: MetricName
    /// The one class that it is asked of, against all others; `nil` for the positive class, or an average.
    package var ofClass: String?
    package var min: Double?
    package var max: Double?
    /// How far it may be below that of the champion.
    package var maxDrop: Double?
    /// The same for metrics of which less is better: how far it may be above.
    package var maxRise: Double?

    package init(
        _ metric: MetricName, ofClass: String? = nil, min: Double? = nil, max: Double? = nil, maxDrop: Double? = nil,
        maxRise: Double? = nil
    ) {
        self.metric = metric
        self.ofClass = ofClass
        self.min = min
        self.max = max
        self.maxDrop = maxDrop
        self.maxRise = maxRise
    }

    /// How much worse than the champion it may be.
    var allowedLoss: Double? { metric.base.higherIsBetter ? maxDrop : maxRise }

    private enum CodingKeys: String, CodingKey, CaseIterable {
        case metric
        case ofClass = "class"
        case min, max, maxDrop, maxRise
    }

    package init(from decoder: any Decoder) throws {
        try decoder.refuseKeys(besides: CodingKeys.self)
        let container = try decoder.container(keyedBy: CodingKeys.self)
        metric = try container.decode(MetricName.self, forKey: .metric)
        ofClass = try container.decodeIfPresent(WrittenValue.self, forKey: .ofClass)?.text
        min = try container.decodeIfPresent(Double.self, forKey: .min)
        max = try container.decodeIfPresent(Double.self, forKey: .max)
        maxDrop = try container.decodeIfPresent(Double.self, forKey: .maxDrop)
        maxRise = try container.decodeIfPresent(Double.self, forKey: .maxRise)
    }

    func validate(at place: String) throws(ControlError) {
        let base = metric.base
        if ofClass != nil {
            guard base.takesClass else {
                throw ControlError(.invalid, "\(metric) is not asked of one class", field: "\(place).class")
            }
            guard metric.averaging == .plain else {
                throw ControlError(
                    .invalid, "\(metric) is an average over all classes", field: "\(place).class",
                    hint: "of one class ask \(base.rawValue)")
            }
        }
        for (key, limit) in [("min", min), ("max", max)] {
            guard let limit else { continue }
            guard base.range.contains(limit) else {
                throw ControlError(
                    .invalid, "\(metric) is never \(FigureText.number(limit))", field: "\(place).\(key)",
                    hint: base.range == 0...1 ? "it is a share between 0 and 1" : nil)
            }
        }
        if let min, let max, min > max {
            throw ControlError(.invalid, "'min' is above 'max'", field: "\(place).min")
        }
        try validateLoss(at: place)
    }

    private func validateLoss(at place: String) throws(ControlError) {
        let isHigherBetter = metric.base.higherIsBetter
        if isHigherBetter ? maxRise != nil : maxDrop != nil {
            throw ControlError(
                .invalid, "of \(metric) \(isHigherBetter ? "more" : "less") is better",
                field: "\(place).\(isHigherBetter ? "maxRise" : "maxDrop")",
                hint: "limit how much worse it may be with '\(isHigherBetter ? "maxDrop" : "maxRise")'")
        }
        guard let allowedLoss, !(allowedLoss >= 0 && allowedLoss.isFinite) else { return }
        throw ControlError(
            .invalid, "how much worse it may be is 0 or more, got \(FigureText.number(allowedLoss))",
            field: "\(place).\(isHigherBetter ? "maxDrop" : "maxRise")")
    }
}
