/// The pattern of a `LIKE` or `ILIKE`: `%` stands for any characters, `_` for one; nothing escapes them.
package struct SearchPattern: Sendable, Hashable {
    /// What it takes to match is the product of two lengths: one of them has a bound.
    static let mostBytes = 256

    package let text: String
    /// Whether capital and small letters are the same: `ILIKE`.
    package let ignoresCase: Bool

    package init(_ text: String, ignoresCase: Bool) {
        self.text = text
        self.ignoresCase = ignoresCase
    }

    /// Whether the whole of `candidate` fits. Takes at most the product of the two lengths.
    package func matches(_ candidate: String) -> Bool {
        let pattern = Array((ignoresCase ? text.lowercased() : text).unicodeScalars)
        let subject = Array((ignoresCase ? candidate.lowercased() : candidate).unicodeScalars)
        var (at, next) = (0, 0)
        // Where the last `%` stands, and how far it reaches by now: only the last one ever has to reach further.
        var wildcard: (pattern: Int, subject: Int)?
        while at < subject.count {
            if next < pattern.count, pattern[next] == "%" {
                wildcard = (next, at)
                next += 1
            } else if next < pattern.count, pattern[next] == "_" || pattern[next] == subject[at] {
                at += 1
                next += 1
            } else if let last = wildcard {
                wildcard = (last.pattern, last.subject + 1)
                at = last.subject + 1
                next = last.pattern + 1
            } else {
                return false
            }
        }
        return pattern[next...].allSatisfy { $0 == "%" }
    }
}
