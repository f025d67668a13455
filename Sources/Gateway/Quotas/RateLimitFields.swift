import Identity

/// What of a key's limits an answer says: the three fields that most clients read, and, where it is no answer to a
/// prediction but a refusal, the two of the newer draft as well. A prediction's answer is short, and every field is read
/// by somebody.
///
/// Source: draft-ietf-httpapi-ratelimit-headers-10 (`RateLimit-Policy`, `RateLimit`), and draft 06 of the same, whose
/// `RateLimit-Limit`, `-Remaining` and `-Reset` are what most clients read.
enum RateLimitFields {
    static func write(_ state: QuotaState, isShort: Bool, into text: inout HeadText) {
        text.write("ratelimit-limit: ")
        text.write(state.most)
        text.write("\r\nratelimit-remaining: ")
        text.write(state.remaining)
        text.write("\r\nratelimit-reset: ")
        text.write(state.resetSeconds)
        text.write("\r\n")
        if !isShort { writePolicy(state, into: &text) }
    }

    private static func writePolicy(_ state: QuotaState, into text: inout HeadText) {
        text.write("ratelimit-policy: \"")
        text.write(state.limit.name)
        text.write("\";q=")
        text.write(state.most)
        if state.limit.isPerSecond { text.write(";w=1") }
        text.write("\r\nratelimit: \"")
        text.write(state.limit.name)
        text.write("\";r=")
        text.write(state.remaining)
        text.write(";t=")
        text.write(state.resetSeconds)
        text.write("\r\n")
    }
}

extension QuotaState.Limit {
    fileprivate var isPerSecond: Bool {
        switch self {
        case .requestsPerSecond, .rowsPerSecond: true
        case .requestsPerMonth, .rowsPerMonth: false
        }
    }
}
