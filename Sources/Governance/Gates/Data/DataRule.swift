package import Journal
package import Registry

/// What a data set must be for a promotion to pass. What is `nil` demands nothing.
package struct DataRule: Sendable, Hashable, Codable {
    /// `NAME` (the latest) or `NAME:VERSION` in the target space; `nil` for the data set that the candidate says it was
    /// trained on, in the space that owns the model.
    package var dataset: String?
    /// In the order in which they are reported.
    package var columns: [ColumnRule]?
    /// Whether the data set may have no columns but these.
    package var onlyTheseColumns: Bool?
    package var minRows: Int?
    package var maxRows: Int?
    /// Of rows that are equal to an earlier one in all columns: 0 to 1.
    package var maxDuplicateShare: Double?
    package var leakage: LeakageRule?

    package init(
        dataset: String? = nil, columns: [ColumnRule]? = nil, onlyTheseColumns: Bool? = nil, minRows: Int? = nil,
        maxRows: Int? = nil, maxDuplicateShare: Double? = nil, leakage: LeakageRule? = nil
    ) {
        self.dataset = dataset
        self.columns = columns
        self.onlyTheseColumns = onlyTheseColumns
        self.minRows = minRows
        self.maxRows = maxRows
        self.maxDuplicateShare = maxDuplicateShare
        self.leakage = leakage
    }
}

/// What one column must be. A column that a rule names must be there.
package struct ColumnRule: Sendable, Hashable, Codable {
    package var name: String
    package var type: ColumnType?
    /// Of the values that are numbers.
    package var min: Double?
    package var max: Double?
    /// Of all rows: 0 to 1.
    package var maxMissingShare: Double?
    /// The values that there may be, as text; in a policy numbers, true and false may stand there as they are.
    package var allowed: [String]?

    package init(
        name: String, type: ColumnType? = nil, min: Double? = nil, max: Double? = nil,
        maxMissingShare: Double? = nil, allowed: [String]? = nil
    ) {
        self.name = name
        self.type = type
        self.min = min
        self.max = max
        self.maxMissingShare = maxMissingShare
        self.allowed = allowed
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        name = try container.decode(String.self, forKey: .name)
        type = try container.decodeIfPresent(ColumnType.self, forKey: .type)
        min = try container.decodeIfPresent(Double.self, forKey: .min)
        max = try container.decodeIfPresent(Double.self, forKey: .max)
        maxMissingShare = try container.decodeIfPresent(Double.self, forKey: .maxMissingShare)
        allowed = try container.decodeIfPresent([AllowedValue].self, forKey: .allowed)?.map(\.text)
    }

    private struct AllowedValue: Decodable {
        let text: String

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let flag = try? container.decode(Bool.self) {
                text = flag ? "true" : "false"
            } else if let number = try? container.decode(Double.self) {
                text = LimitText.number(number)
            } else {
                text = try container.decode(String.self)
            }
        }
    }
}

/// How many rows of a holdout set may stand in the training set: a model that has seen them is no longer tested by them.
package struct LeakageRule: Sendable, Hashable, Codable {
    /// `NAME` or `NAME:VERSION` in the target space.
    package var holdout: String
    /// The same; `nil` for the data set that the candidate says it was trained on.
    package var training: String?
    /// Of the holdout's rows: 0 to 1; `nil` allows none.
    package var maxShare: Double?
    /// Columns that are not compared: a row's number or its time of export hides that the rest is the same.
    package var ignoredColumns: [String]?

    package init(
        holdout: String, training: String? = nil, maxShare: Double? = nil, ignoredColumns: [String]? = nil
    ) {
        self.holdout = holdout
        self.training = training
        self.maxShare = maxShare
        self.ignoredColumns = ignoredColumns
    }
}

extension DataRule {
    /// Throws `invalid` about the first field that can never be met or means nothing.
    ///
    /// - Parameter path: of the rule in the policy, for the message: `gates[2]`.
    package func validate(path: String) throws(ControlError) {
        func field(_ name: String) -> String { path.isEmpty ? name : "\(path).\(name)" }
        try Self.checkReference(dataset, field("dataset"))
        try Self.checkShare(maxDuplicateShare, field("maxDuplicateShare"))
        for (name, rows) in [("minRows", minRows), ("maxRows", maxRows)] {
            if let rows, rows < 0 { throw ControlError(.invalid, "\(name) is \(rows)", field: field(name)) }
        }
        if let minRows, let maxRows, minRows > maxRows {
            throw ControlError(
                .invalid, "minRows is \(minRows), maxRows \(maxRows): no data set has both", field: field("minRows"))
        }
        if onlyTheseColumns == true, columns?.isEmpty ?? true {
            throw ControlError(
                .invalid, "onlyTheseColumns is set and no column is named", field: field("onlyTheseColumns"))
        }
        var seen: Set<String> = []
        for (index, column) in (columns ?? []).enumerated() {
            try column.validate(path: field("columns[\(index)]"))
            guard seen.insert(column.name).inserted else {
                throw ControlError(
                    .invalid, "column '\(Name.excerpt(of: column.name))' is named twice",
                    field: field("columns[\(index)].name"))
            }
        }
        try Self.checkReference(leakage?.holdout, field("leakage.holdout"))
        try Self.checkReference(leakage?.training, field("leakage.training"))
        try Self.checkShare(leakage?.maxShare, field("leakage.maxShare"))
    }

    private static func checkReference(_ text: String?, _ field: String) throws(ControlError) {
        guard let text, DataSetReference(text) == nil else { return }
        throw ControlError(
            .invalid, "'\(Name.excerpt(of: text))' names no data set", field: field,
            hint: "write NAME for the latest version, or NAME:VERSION")
    }

    static func checkShare(_ share: Double?, _ field: String) throws(ControlError) {
        guard let share, !(0...1).contains(share) else { return }
        throw ControlError(.invalid, "a share is from 0 to 1, not \(share)", field: field)
    }
}

extension ColumnRule {
    func validate(path: String) throws(ControlError) {
        guard !name.isEmpty else { throw ControlError(.invalid, "the column has no name", field: path + ".name") }
        try DataRule.checkShare(maxMissingShare, path + ".maxMissingShare")
        for (word, limit) in [("min", min), ("max", max)] {
            guard let limit else { continue }
            guard limit.isFinite else {
                throw ControlError(.invalid, "\(word) is not a finite number", field: "\(path).\(word)")
            }
            if type == .text || type == .boolean {
                throw ControlError(
                    .invalid, "only numbers have a \(word)", field: "\(path).\(word)",
                    hint: "use 'allowed' to list the values there may be")
            }
        }
        if let min, let max, min > max {
            throw ControlError(
                .invalid, "min is \(LimitText.number(min)), max \(LimitText.number(max)): no value fits",
                field: path + ".min")
        }
        if let allowed, allowed.isEmpty {
            throw ControlError(
                .invalid, "no value is allowed", field: path + ".allowed", hint: "leave it out to allow all")
        }
    }
}
