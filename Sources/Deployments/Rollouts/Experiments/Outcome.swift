import Journal
package import Statistics

/// What a caller tells of what came of a prediction, or of somebody whose requests stay with one variant.
package struct Outcome: Sendable, Hashable {
    /// Told at once at most.
    package static let maximum = 10_000
    /// Metrics of one outcome at most.
    package static let maximumValues = 32

    package enum Subject: Sendable, Hashable {
        case prediction(String)
        /// What the rollout is sticky by.
        case key(String)
    }

    package var subject: Subject
    package var values: [String: Double]

    package init(subject: Subject, values: [String: Double]) {
        self.subject = subject
        self.values = values
    }

    /// Throws `invalid` with the place in the list.
    func validate(at place: String) throws(ControlError) {
        guard !values.isEmpty, values.count <= Self.maximumValues else {
            throw ControlError(
                .invalid, "'\(place).values' has \(values.count) values", field: "\(place).values",
                hint: "from 1 to \(Self.maximumValues)")
        }
        for (name, value) in values {
            try Name.validate(name, field: "\(place).values")
            guard value.magnitude <= 1e12 else {
                throw ControlError(
                    .invalid, "'\(place).values.\(name)' is out of range", field: "\(place).values.\(name)",
                    hint: "at most 10^12 to either side of 0")
            }
        }
    }
}

/// One value of an outcome as it is kept.
package struct OutcomeRecord: Sendable, Hashable, Codable {
    package var metric: String
    package var variant: String
    /// Whom or what it is about; only a hash of it is kept.
    package var unit: String
    package var value: Double

    package init(metric: String, variant: String, unit: String, value: Double) {
        self.metric = metric
        self.variant = variant
        self.unit = unit
        self.value = value
    }
}

/// What outcomes need of the database.
package protocol OutcomeTransaction {
    /// Keeps one value of each metric and unit: the later one where `replacing`, else the first. Throws `tooLarge` where the
    /// rollout has too many already.
    ///
    /// - Returns: those that are kept now.
    func keep(_ outcomes: [OutcomeRecord], ofRollout id: Int, replacing: Bool) throws -> [OutcomeRecord]
    /// By metric, then by variant.
    func samples(ofRollout id: Int) throws -> [String: [String: Sample]]
    /// By variant: of how many predictions or keys something is known.
    func units(ofRollout id: Int) throws -> [String: Int]
}

/// What became of outcomes that were told.
package struct OutcomeReceipt: Sendable, Hashable, Codable {
    package var rollout: Int
    package var accepted: Int
    /// Predictions that no variant of this rollout made, or too long ago, or for a caller who named the variant.
    package var unknown: Int
}
