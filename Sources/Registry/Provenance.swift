package import Journal

/// What the one who pushes says about a version.
package struct Provenance: Sendable, Hashable, Codable {
    /// Of metrics, and as many of tags.
    package static let maximumEntries = 256
    /// In UTF-8 bytes.
    package static let maximumKeyLength = 128
    /// In UTF-8 bytes: a tag's value, `gitCommit`, `dataset`.
    package static let maximumTextLength = 4096

    /// Finite numbers by name: JSON has no others.
    package let metrics: [String: Double]
    package let tags: [String: String]
    /// Free text; nothing is looked up.
    package let gitCommit: String?
    /// Free text; where it is a `DataSetReference`, gates look the data set up in the version's own space.
    package let dataset: String?
    /// The retraining run that pushed it; `nil` for what people and other programs push.
    package let run: Int?
    /// The run from Git that pushed it; `nil` for what people and other programs push.
    package let gitRun: Int?

    /// For what was validated when it was stored.
    package init(
        stored metrics: [String: Double], tags: [String: String], gitCommit: String?, dataset: String?, run: Int? = nil,
        gitRun: Int? = nil
    ) {
        self.metrics = metrics
        self.tags = tags
        self.gitCommit = gitCommit
        self.dataset = dataset
        self.run = run
        self.gitRun = gitRun
    }

    /// What a caller sent. Throws `invalid` about the field with too many entries, an empty or too long key, a number
    /// that is not finite, or too long a text.
    package init(
        metrics: [String: Double], tags: [String: String], gitCommit: String?, dataset: String?, run: Int? = nil,
        gitRun: Int? = nil
    ) throws(ControlError) {
        try Self.checkKeys(metrics.keys, field: "metrics")
        try Self.checkKeys(tags.keys, field: "tags")
        for (name, value) in metrics where !value.isFinite {
            throw ControlError(.invalid, "metric '\(name)' is \(value)", field: "metrics", hint: "send a finite number")
        }
        for (name, value) in tags { try Self.checkText(value, what: "tag '\(name)'", field: "tags") }
        if let gitCommit { try Self.checkText(gitCommit, what: "gitCommit", field: "gitCommit") }
        if let dataset { try Self.checkText(dataset, what: "dataset", field: "dataset") }
        self.init(stored: metrics, tags: tags, gitCommit: gitCommit, dataset: dataset, run: run, gitRun: gitRun)
    }

    private static func checkKeys(_ keys: some Collection<String>, field: String) throws(ControlError) {
        guard keys.count <= maximumEntries else {
            throw ControlError(.invalid, "\(field) has \(keys.count) entries, at most \(maximumEntries)", field: field)
        }
        for key in keys where key.isEmpty || key.utf8.count > maximumKeyLength {
            throw ControlError(
                .invalid, "\(field) has the key '\(Name.excerpt(of: key))'", field: field,
                hint: "keys have 1 to \(maximumKeyLength) bytes")
        }
    }

    private static func checkText(_ text: String, what: String, field: String) throws(ControlError) {
        guard text.utf8.count <= maximumTextLength else {
            throw ControlError(
                .invalid, "\(what) has \(text.utf8.count) bytes, at most \(maximumTextLength)", field: field)
        }
    }
}
