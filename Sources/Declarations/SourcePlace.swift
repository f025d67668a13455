import Journal

/// Where something is declared.
package struct SourcePlace: Sendable, Hashable, CustomStringConvertible {
    /// As the person named it.
    package let file: String
    /// From 1.
    package let line: Int?

    package init(file: String, line: Int? = nil) {
        self.file = file
        self.line = line
    }

    /// `slipway.yaml:12`
    package var description: String { line.map { "\(file):\($0)" } ?? file }
}

/// Why declared state cannot be read: where, what and what was likely meant.
package struct DeclarationError: Error, Sendable, Hashable {
    package let place: SourcePlace
    package let message: String
    package let hint: String?

    package init(_ place: SourcePlace, _ message: String, hint: String? = nil) {
        self.place = place
        self.message = message
        self.hint = hint
    }

    init(_ place: SourcePlace, _ error: ControlError) {
        let isOfPolicies = error.hint?.hasPrefix("docs/reference/file") == true
        self.init(place, error.message, hint: isOfPolicies ? "docs/reference/slipway-yaml.md" : error.hint)
    }

    /// `slipway.yaml:12: 'deployments[0].optoins' means nothing here`
    package var sentence: String { "\(place): \(message)" }
}
