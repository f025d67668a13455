import Documents
package import Journal

extension LatencyRule: Codable {
    private enum CodingKeys: String, CodingKey, CaseIterable {
        case requests, dataset, target, features, inputs, rowsPerRequest, maxP50Milliseconds, maxP99Milliseconds,
            minRequestsPerSecond, minRowsPerSecond, maxP50Ratio, maxP99Ratio, minThroughputRatio, callers, warmUp,
            seconds, maximumRequests, minimumRequests, confidence, resamples, timeoutSeconds
    }

    /// Throws `ControlError` for a key that there is not.
    package init(from decoder: any Decoder) throws {
        try decoder.refuseKeys(besides: CodingKeys.self)
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            requests: try container.decodeIfPresent(Source.self, forKey: .requests),
            dataset: try container.decodeIfPresent(DataSetName.self, forKey: .dataset),
            target: try container.decodeIfPresent(String.self, forKey: .target),
            mapping: ColumnMapping(
                features: try container.decodeIfPresent([String].self, forKey: .features),
                inputs: try container.decodeIfPresent([String: OneOrMore].self, forKey: .inputs)?
                    .mapValues(\.names)),
            maxP50Milliseconds: try container.decodeIfPresent(Double.self, forKey: .maxP50Milliseconds),
            maxP99Milliseconds: try container.decodeIfPresent(Double.self, forKey: .maxP99Milliseconds),
            minRequestsPerSecond: try container.decodeIfPresent(Double.self, forKey: .minRequestsPerSecond),
            minRowsPerSecond: try container.decodeIfPresent(Double.self, forKey: .minRowsPerSecond),
            maxP50Ratio: try container.decodeIfPresent(Double.self, forKey: .maxP50Ratio),
            maxP99Ratio: try container.decodeIfPresent(Double.self, forKey: .maxP99Ratio),
            minThroughputRatio: try container.decodeIfPresent(Double.self, forKey: .minThroughputRatio))
        rowsPerRequest = try container.decodeIfPresent(Int.self, forKey: .rowsPerRequest) ?? rowsPerRequest
        callers = try container.decodeIfPresent(Int.self, forKey: .callers) ?? callers
        warmUp = try container.decodeIfPresent(Int.self, forKey: .warmUp) ?? warmUp
        seconds = try container.decodeIfPresent(Int.self, forKey: .seconds) ?? seconds
        maximumRequests = try container.decodeIfPresent(Int.self, forKey: .maximumRequests) ?? maximumRequests
        minimumRequests = try container.decodeIfPresent(Int.self, forKey: .minimumRequests) ?? minimumRequests
        confidence = try container.decodeIfPresent(Double.self, forKey: .confidence) ?? confidence
        resamples = try container.decodeIfPresent(Int.self, forKey: .resamples) ?? resamples
        timeoutSeconds = try container.decodeIfPresent(Int.self, forKey: .timeoutSeconds) ?? timeoutSeconds
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encodeIfPresent(requests, forKey: .requests)
        try container.encodeIfPresent(dataset, forKey: .dataset)
        try container.encodeIfPresent(target, forKey: .target)
        try container.encodeIfPresent(mapping.features, forKey: .features)
        try container.encodeIfPresent(mapping.inputs, forKey: .inputs)
        try container.encode(rowsPerRequest, forKey: .rowsPerRequest)
        try container.encodeIfPresent(maxP50Milliseconds, forKey: .maxP50Milliseconds)
        try container.encodeIfPresent(maxP99Milliseconds, forKey: .maxP99Milliseconds)
        try container.encodeIfPresent(minRequestsPerSecond, forKey: .minRequestsPerSecond)
        try container.encodeIfPresent(minRowsPerSecond, forKey: .minRowsPerSecond)
        try container.encodeIfPresent(maxP50Ratio, forKey: .maxP50Ratio)
        try container.encodeIfPresent(maxP99Ratio, forKey: .maxP99Ratio)
        try container.encodeIfPresent(minThroughputRatio, forKey: .minThroughputRatio)
        try container.encode(callers, forKey: .callers)
        try container.encode(warmUp, forKey: .warmUp)
        try container.encode(seconds, forKey: .seconds)
        try container.encode(maximumRequests, forKey: .maximumRequests)
        try container.encode(minimumRequests, forKey: .minimumRequests)
        try container.encode(confidence, forKey: .confidence)
        try container.encode(resamples, forKey: .resamples)
        try container.encode(timeoutSeconds, forKey: .timeoutSeconds)
    }
}

extension LatencyRule {
    /// Throws `invalid`, naming the key, for a rule that cannot be meant.
    ///
    /// - Parameter path: where the rule stands in its document: `gates[2]`.
    package func validate(path: String = "") throws(ControlError) {
        do throws(ControlError) { try validateKeys() } catch { throw error.within(path) }
    }

    private func validateKeys() throws(ControlError) {
        try validateRequests()
        let limits: [(String, Double?)] = [
            ("maxP50Milliseconds", maxP50Milliseconds), ("maxP99Milliseconds", maxP99Milliseconds),
            ("minRequestsPerSecond", minRequestsPerSecond), ("minRowsPerSecond", minRowsPerSecond),
            ("maxP50Ratio", maxP50Ratio), ("maxP99Ratio", maxP99Ratio), ("minThroughputRatio", minThroughputRatio),
        ]
        guard limits.contains(where: { $0.1 != nil }) else {
            throw ControlError(
                .invalid, "a latency gate needs at least one limit", field: "maxP99Milliseconds",
                hint: "there are \(limits.map(\.0).joined(separator: ", "))")
        }
        for (key, limit) in limits {
            guard let limit, !(limit > 0 && limit.isFinite) else { continue }
            throw ControlError(.invalid, "'\(key)' is above 0, got \(FigureText.number(limit))", field: key)
        }
        try RuleCheck.range(callers, 1...64, field: "callers")
        try RuleCheck.range(warmUp, 0...100_000, field: "warmUp")
        try RuleCheck.range(seconds, 1...3600, field: "seconds")
        try RuleCheck.range(maximumRequests, 1...1_000_000, field: "maximumRequests")
        try RuleCheck.range(minimumRequests, 1...maximumRequests, field: "minimumRequests")
        try RuleCheck.range(confidence, 0.5...0.9999, field: "confidence")
        try RuleCheck.range(resamples, 100...10_000, field: "resamples")
        try RuleCheck.range(timeoutSeconds, 1...86_400, field: "timeoutSeconds")
    }

    private func validateRequests() throws(ControlError) {
        try dataset?.validate(field: "dataset")
        try RuleCheck.range(rowsPerRequest, 1...65_536, field: "rowsPerRequest")
        try mapping.validate(target: target)
        if dataset == nil {
            guard requests != .dataset else {
                throw ControlError(.invalid, "which data set the requests come from is not said", field: "dataset")
            }
            let isOfNoUse = target != nil || mapping != ColumnMapping() || rowsPerRequest != 1
            guard !isOfNoUse else {
                throw ControlError(
                    .invalid, "'target', 'features', 'inputs' and 'rowsPerRequest' need a 'dataset'", field: "dataset")
            }
        } else if let requests, requests != .dataset {
            throw ControlError(
                .invalid, "requests come from '\(requests.rawValue)' or from a data set, not from both",
                field: "requests")
        }
    }
}
