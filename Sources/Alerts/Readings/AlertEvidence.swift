/// Why an alert fired: the figures that were held against bounds, and where there is more.
package struct AlertEvidence: Sendable, Hashable, Codable {
    /// One number, with the bound that it was held against.
    package struct Figure: Sendable, Hashable, Codable {
        package var name: String
        package var value: Double
        package var bound: Double?
        /// `ms`, `share`, `requests`; empty for a bare number.
        package var unit: String

        package init(_ name: String, _ value: Double, bound: Double? = nil, unit: String = "") {
            self.name = name
            self.value = value
            self.bound = bound
            self.unit = unit
        }
    }

    /// Where to look: a path of the interface, or a command.
    package struct Link: Sendable, Hashable, Codable {
        package var title: String
        package var path: String?
        package var command: String?

        package init(_ title: String, path: String? = nil, command: String? = nil) {
            self.title = title
            self.path = path
            self.command = command
        }
    }

    /// A sentence for people.
    package var summary: String
    package var figures: [Figure]
    /// Seconds that the figures are about; `nil` for a window that is counted in rows.
    package var windowSeconds: Int?
    package var version: Int?
    package var links: [Link]

    package init(_ summary: String, _ figures: [Figure], windowSeconds: Int? = nil, version: Int? = nil) {
        self.summary = summary
        self.figures = figures
        self.windowSeconds = windowSeconds
        self.version = version
        links = []
    }
}

/// What a rule makes of one reading.
package struct Observation: Sendable, Hashable {
    package enum Level: String, Sendable, Hashable {
        /// Beyond the bound at which it fires.
        case beyond
        /// Between the bound at which it fires and the one at which it ends.
        case between
        /// On the good side of both.
        case clear
        /// Nothing to judge by: what is so stays so.
        case unknown
    }

    package var level: Level
    package var evidence: AlertEvidence

    package init(_ level: Level, _ evidence: AlertEvidence) {
        self.level = level
        self.evidence = evidence
    }

    static func unknown(_ why: String) -> Observation { Observation(.unknown, AlertEvidence(why, [])) }
}
