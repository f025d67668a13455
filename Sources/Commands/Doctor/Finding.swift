/// One thing that the doctor looked at, how it is, and what to do about it.
struct Finding: Encodable, Sendable, Hashable {
    enum Verdict: String, Encodable, Sendable {
        case ok
        /// Works, and may surprise.
        case warning
        /// Does not work.
        case problem
    }

    var subject: String
    var verdict: Verdict
    /// What was found.
    var finding: String
    /// What to do about it.
    var advice: String?

    static func ok(_ subject: String, _ finding: String) -> Finding {
        Finding(subject: subject, verdict: .ok, finding: finding)
    }

    static func warning(_ subject: String, _ finding: String, _ advice: String) -> Finding {
        Finding(subject: subject, verdict: .warning, finding: finding, advice: advice)
    }

    static func problem(_ subject: String, _ finding: String, _ advice: String) -> Finding {
        Finding(subject: subject, verdict: .problem, finding: finding, advice: advice)
    }

    func lines(emphasis: Emphasis) -> [String] {
        let mark =
            switch verdict {
            case .ok: "  ok     "
            case .warning: emphasis.strong("  note   ")
            case .problem: emphasis.alarm("  PROBLEM")
            }
        let text = finding.split(separator: "\n", omittingEmptySubsequences: false).joined(separator: "\n           ")
        return ["\(mark)  \(emphasis.strong(subject)): \(text)"] + (advice.map { ["           do: \($0)"] } ?? [])
    }
}
