/// Rules are written with lower camel case keys, as everything in our JSON is; `features` and `inputs` are keys of the rule
/// itself.
extension HoldoutRule: Codable {
    private enum CodingKeys: String, CodingKey, CaseIterable {
        case dataset, target, features, inputs, prediction, scores, classes, positiveClass, threshold, metrics,
            segments, minimumRows, confidence, resamples, proof, batchSize, timeoutSeconds
    }

    /// Throws `ControlError` for a key that there is not, and for a metric that there is not.
    package init(from decoder: any Decoder) throws {
        try decoder.refuseKeys(besides: CodingKeys.self)
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            dataset: try container.decode(DataSetName.self, forKey: .dataset),
            target: try container.decode(String.self, forKey: .target),
            mapping: ColumnMapping(
                features: try container.decodeIfPresent([String].self, forKey: .features),
                inputs: try container.decodeIfPresent([String: OneOrMore].self, forKey: .inputs)?
                    .mapValues(\.names)),
            prediction: try container.decodeIfPresent(String.self, forKey: .prediction),
            scores: try container.decodeIfPresent(String.self, forKey: .scores),
            classes: try container.decodeIfPresent([WrittenValue].self, forKey: .classes)?.map(\.text),
            positiveClass: try container.decodeIfPresent(WrittenValue.self, forKey: .positiveClass)?.text,
            threshold: try container.decodeIfPresent(Double.self, forKey: .threshold),
            metrics: try container.decodeIfPresent([MetricLimit].self, forKey: .metrics) ?? [])
        segments = try container.decodeIfPresent([Segment].self, forKey: .segments) ?? segments
        minimumRows = try container.decodeIfPresent(Int.self, forKey: .minimumRows) ?? minimumRows
        confidence = try container.decodeIfPresent(Double.self, forKey: .confidence) ?? confidence
        resamples = try container.decodeIfPresent(Int.self, forKey: .resamples) ?? resamples
        proof = try container.decodeIfPresent(Proof.self, forKey: .proof) ?? proof
        batchSize = try container.decodeIfPresent(Int.self, forKey: .batchSize) ?? batchSize
        timeoutSeconds = try container.decodeIfPresent(Int.self, forKey: .timeoutSeconds) ?? timeoutSeconds
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(dataset, forKey: .dataset)
        try container.encode(target, forKey: .target)
        try container.encodeIfPresent(mapping.features, forKey: .features)
        try container.encodeIfPresent(mapping.inputs, forKey: .inputs)
        try container.encodeIfPresent(prediction, forKey: .prediction)
        try container.encodeIfPresent(scores, forKey: .scores)
        try container.encodeIfPresent(classes, forKey: .classes)
        try container.encodeIfPresent(positiveClass, forKey: .positiveClass)
        try container.encodeIfPresent(threshold, forKey: .threshold)
        try container.encode(metrics, forKey: .metrics)
        try container.encode(segments, forKey: .segments)
        try container.encode(minimumRows, forKey: .minimumRows)
        try container.encode(confidence, forKey: .confidence)
        try container.encode(resamples, forKey: .resamples)
        try container.encode(proof, forKey: .proof)
        try container.encode(batchSize, forKey: .batchSize)
        try container.encode(timeoutSeconds, forKey: .timeoutSeconds)
    }
}

/// `age`, or `[age, income]`.
struct OneOrMore: Decodable {
    let names: [String]

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let name = try? container.decode(String.self) {
            names = [name]
        } else {
            names = try container.decode([String].self)
        }
    }
}

extension HoldoutRule.Segment: Codable {
    private enum CodingKeys: String, CodingKey, CaseIterable {
        case column, values, bins, minimumRows, metrics
    }

    package init(from decoder: any Decoder) throws {
        try decoder.refuseKeys(besides: CodingKeys.self)
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            column: try container.decode(String.self, forKey: .column),
            values: try container.decodeIfPresent([WrittenValue].self, forKey: .values)?.map(\.text),
            bins: try container.decodeIfPresent([Double].self, forKey: .bins),
            metrics: try container.decode([MetricLimit].self, forKey: .metrics))
        minimumRows = try container.decodeIfPresent(Int.self, forKey: .minimumRows) ?? minimumRows
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(column, forKey: .column)
        try container.encodeIfPresent(values, forKey: .values)
        try container.encodeIfPresent(bins, forKey: .bins)
        try container.encode(minimumRows, forKey: .minimumRows)
        try container.encode(metrics, forKey: .metrics)
    }
}
