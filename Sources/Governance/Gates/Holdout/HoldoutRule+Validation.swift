import Documents
package import Journal

extension HoldoutRule {
    static let mostMetrics = 100
    static let mostSegments = 20
    static let mostSegmentValues = 50

    /// Throws `invalid`, naming the key, for a rule that cannot be meant.
    ///
    /// - Parameter path: where the rule stands in its document: `gates[2]`.
    package func validate(path: String = "") throws(ControlError) {
        do throws(ControlError) { try validateKeys() } catch { throw error.within(path) }
    }

    private func validateKeys() throws(ControlError) {
        try dataset.validate(field: "dataset")
        guard !target.isEmpty else {
            throw ControlError(.invalid, "'target' names the column with the truth, got nothing", field: "target")
        }
        try mapping.validate(target: target)
        try validateClasses()
        guard !metrics.isEmpty || !segments.isEmpty else {
            throw ControlError(
                .invalid, "a holdout gate needs at least one metric with a limit", field: "metrics",
                hint: "for example {metric: accuracy, min: 0.9}")
        }
        try validate(metrics, at: "metrics")
        guard segments.count <= Self.mostSegments else {
            throw ControlError(.invalid, "at most \(Self.mostSegments) segments are judged", field: "segments")
        }
        for (index, segment) in segments.enumerated() { try validate(segment, at: "segments[\(index)]") }
        try RuleCheck.range(minimumRows, 1...Int(Int32.max), field: "minimumRows")
        try RuleCheck.range(confidence, 0.5...0.9999, field: "confidence")
        try RuleCheck.range(resamples, 100...100_000, field: "resamples")
        try RuleCheck.range(batchSize, 1...65_536, field: "batchSize")
        try RuleCheck.range(timeoutSeconds, 1...86_400, field: "timeoutSeconds")
    }

    private func validateClasses() throws(ControlError) {
        try RuleCheck.range(threshold, 0...1, field: "threshold")
        guard let classes else { return }
        try RuleCheck.distinct(classes, field: "classes")
        guard classes.count >= 2 else {
            throw ControlError(.invalid, "there are at least two classes, got \(classes.count)", field: "classes")
        }
        guard let positiveClass, !classes.contains(positiveClass) else { return }
        throw ControlError(
            .invalid, "'\(Name.excerpt(of: positiveClass))' is not among 'classes'", field: "positiveClass")
    }

    private func validate(_ limits: [MetricLimit], at place: String) throws(ControlError) {
        guard limits.count <= Self.mostMetrics else {
            throw ControlError(.invalid, "at most \(Self.mostMetrics) metrics are judged", field: place)
        }
        for (index, limit) in limits.enumerated() {
            try limit.validate(at: "\(place)[\(index)]")
            guard limit.metric.base.isRegression == isRegression else {
                throw ControlError(
                    .invalid,
                    "\(limit.metric) is a metric of \(isRegression ? "classes" : "numbers"), but others here are of "
                        + "\(isRegression ? "numbers" : "classes")", field: "\(place)[\(index)].metric")
            }
        }
    }

    private func validate(_ segment: Segment, at place: String) throws(ControlError) {
        guard !segment.column.isEmpty, segment.column != target else {
            throw ControlError(
                .invalid, "a segment is by another column than the target", field: "\(place).column",
                hint: "for each class, ask metrics with 'class'")
        }
        guard !segment.metrics.isEmpty else {
            throw ControlError(
                .invalid, "a segment needs at least one metric with a limit", field: "\(place).metrics")
        }
        try validate(segment.metrics, at: "\(place).metrics")
        try RuleCheck.range(segment.minimumRows, 1...Int(Int32.max), field: "\(place).minimumRows")
        if let values = segment.values {
            try RuleCheck.distinct(values, field: "\(place).values")
            try RuleCheck.range(values.count, 1...Self.mostSegmentValues, field: "\(place).values")
        }
        guard let bins = segment.bins else { return }
        guard segment.values == nil else {
            throw ControlError(.invalid, "a segment has 'values' or 'bins', not both", field: "\(place).bins")
        }
        try RuleCheck.range(bins.count, 1...Self.mostSegmentValues - 1, field: "\(place).bins")
        guard zip(bins, bins.dropFirst()).allSatisfy({ $0 < $1 }), bins.allSatisfy(\.isFinite) else {
            throw ControlError(.invalid, "'bins' are numbers in ascending order", field: "\(place).bins")
        }
    }
}

extension ColumnMapping {
    static let mostColumns = 10_000

    func validate(target: String?) throws(ControlError) {
        guard features == nil || inputs == nil else {
            throw ControlError(.invalid, "a rule has 'features' or 'inputs', not both", field: "inputs")
        }
        for (field, columns) in [("features", features)] + (inputs ?? [:]).map({ ("inputs.\($0)", Optional($1)) }) {
            guard let columns else { continue }
            guard !columns.isEmpty, columns.count <= Self.mostColumns else {
                throw ControlError(
                    .invalid,
                    "'\(Name.excerpt(of: field))' names from 1 to \(Self.mostColumns) columns, got \(columns.count)",
                    field: Name.excerpt(of: field))
            }
            guard let target, columns.contains(target) else { continue }
            throw ControlError(
                .invalid, "the target '\(Name.excerpt(of: target))' cannot be an input of the model as well",
                field: Name.excerpt(of: field), hint: "a model that sees the truth is right about everything")
        }
    }
}
