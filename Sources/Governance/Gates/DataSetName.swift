import Journal

/// A data set as rules name it: `churn-holdout`, which is its latest version, or `churn-holdout:2`.
package struct DataSetName: Sendable, Hashable, Codable, CustomStringConvertible {
    package var name: String
    /// `nil` for the latest.
    package var version: Int?

    package init(name: String, version: Int? = nil) {
        self.name = name
        self.version = version
    }

    package init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        name = String(parts[0])
        if parts.count == 2 {
            // A version that cannot be is found by `validate`.
            version = Int(parts[1]) ?? 0
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }

    package var description: String { version.map { "\(name):\($0)" } ?? name }

    func validate(field: String) throws(ControlError) {
        guard Name.isValid(name), (version ?? 1) > 0 else {
            throw ControlError(
                .invalid, "'\(Name.excerpt(of: description))' names no data set", field: field,
                hint: "write its name, as churn-holdout, or its name and version, as churn-holdout:2")
        }
    }
}
