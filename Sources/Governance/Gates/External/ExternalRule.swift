import Documents
package import Journal

/// A check that another system makes and reports: a CI job, a notebook, a committee.
package struct ExternalRule: Sendable, Hashable, Codable {
    /// A day.
    package static let standardSeconds = 86_400
    /// Up to 30 days.
    package static let range = 1...2_592_000

    /// How long the report may take from the moment that the checks begin; without one by then the gate has failed.
    package var timeoutSeconds: Int

    package init(timeoutSeconds: Int = standardSeconds) {
        self.timeoutSeconds = timeoutSeconds
    }

    init(_ fields: inout DocumentFields) throws(ControlError) {
        self.init(timeoutSeconds: try fields.whole("timeoutSeconds", in: Self.range) ?? Self.standardSeconds)
    }
}

/// How a check went, as the other system says.
package struct ExternalResult: Sendable, Hashable {
    /// In UTF-8 bytes.
    package static let maximumLength = 2048

    package var passed: Bool
    /// Where its evidence is, by http or https.
    package var link: String?
    package var note: String?

    /// Throws `invalid` for a link that is no web address, and for texts that are too long.
    package init(passed: Bool, link: String? = nil, note: String? = nil) throws(ControlError) {
        for (name, text) in [("link", link), ("note", note)] {
            if let text, text.utf8.count > Self.maximumLength {
                throw ControlError(
                    .invalid, "the \(name) has \(text.utf8.count) bytes, at most \(Self.maximumLength)", field: name)
            }
        }
        if let link {
            guard link.hasPrefix("https://") || link.hasPrefix("http://"),
                link.unicodeScalars.allSatisfy({ $0.value > 0x20 && $0.value != 0x7F })
            else {
                throw ControlError(
                    .invalid, "the link '\(Name.excerpt(of: link))' is no web address", field: "link",
                    hint: "it begins with https:// or http://")
            }
        }
        self.passed = passed
        self.link = link
        self.note = note
    }

    /// The report that the gate's place in the promotion takes.
    func report(gate: String, by principal: Principal, startedAt: Timestamp?, at now: Timestamp) -> GateReport {
        GateReport(
            gate: gate, kind: .external, outcome: passed ? .passed : .failed,
            summary: "reported as \(passed ? "passed" : "failed") by \(principal.id)",
            notes: note.map { [$0] } ?? [], link: link, startedAt: startedAt, endedAt: now)
    }
}
