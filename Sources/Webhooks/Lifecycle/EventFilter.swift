import InferenceProtocol
package import Journal

/// Which events a webhook wants: `promotion.*`, `deployment.created`, or `*` for all there are, later ones too.
package struct EventFilter: Sendable, Hashable {
    /// Patterns of one webhook at most.
    package static let most = 64
    package static let everything = EventFilter(kept: ["*"])

    /// As they were given, without `slipway.`.
    package let patterns: [String]

    /// What is kept in the database: a pattern whose events are gone matches nothing, and is no error.
    package init(kept patterns: [String]) {
        self.patterns = patterns
    }

    /// Throws `invalid` for a pattern that nothing can match, with what was likely meant. None at all is everything.
    package init(_ patterns: [String], field: String = "events") throws(ControlError) {
        guard patterns.count <= Self.most else {
            throw ControlError(.invalid, "'\(field)' has more than \(Self.most) patterns", field: field)
        }
        var read: [String] = []
        for (index, pattern) in patterns.enumerated() {
            let bare = Self.bare(pattern)
            guard Self.known.contains(bare) else { throw Self.unknown(pattern, bare, at: "\(field)[\(index)]") }
            if !read.contains(bare) { read.append(bare) }
        }
        self.patterns = read.isEmpty ? Self.everything.patterns : read
    }

    /// - Parameter type: without its prefix.
    package func matches(_ type: String) -> Bool {
        patterns.contains { pattern in
            if pattern == "*" || pattern == type { return true }
            // `rollout.*` is whatever begins with `rollout.`
            return pattern.hasSuffix(".*") && type.hasPrefix(pattern.dropLast())
        }
    }

    private static func bare(_ pattern: String) -> String {
        let prefix = LifecycleEventTypes.prefix
        return pattern.hasPrefix(prefix) ? String(pattern.dropFirst(prefix.count)) : pattern
    }

    private static let types = LifecycleEventTypes.all.map(\.type)
    private static let groups: [String] = Set(types.map { $0.prefix { $0 != "." } + ".*" }).sorted()
    private static let known = Set(types + groups + ["*"])

    private static func unknown(_ pattern: String, _ bare: String, at place: String) -> ControlError {
        // Somebody who writes `promotions` means all of them, and who writes the audit's word means what is sent of it.
        let byAction = LifecycleEventTypes.all.first { $0.action == bare }?.type
        let near = byAction ?? NameSuggestion.nearest(to: bare, among: groups + types)
        let group = bare.prefix { $0 != "." } + "."
        let siblings = types.filter { $0.hasPrefix(group) }
        let hint: String
        if let near {
            hint = "did you mean '\(near)'?"
        } else if siblings.isEmpty {
            hint = "there are \(groups.joined(separator: ", ")) and * for everything"
        } else {
            hint = "there are \(siblings.joined(separator: ", "))"
        }
        return ControlError(.invalid, "no event is called '\(Name.excerpt(of: pattern))'", field: place, hint: hint)
    }
}
