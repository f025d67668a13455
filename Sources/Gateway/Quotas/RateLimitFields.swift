import Identity
import NIOCore

/// What of a key's limits an answer says.
///
/// Source: draft-ietf-httpapi-ratelimit-headers-10 (`RateLimit-Policy`, `RateLimit`), and draft 06 of the same, whose
/// `RateLimit-Limit`, `-Remaining` and `-Reset` are what most clients read.
enum RateLimitFields {
    static func write(_ state: QuotaState, into buffer: inout ByteBuffer) {
        let most = String(state.most)
        let remaining = String(state.remaining)
        let reset = String(state.resetSeconds)
        buffer.writeStaticString("ratelimit-limit: ")
        buffer.writeString(most)
        buffer.writeStaticString("\r\nratelimit-remaining: ")
        buffer.writeString(remaining)
        buffer.writeStaticString("\r\nratelimit-reset: ")
        buffer.writeString(reset)
        buffer.writeStaticString("\r\nratelimit-policy: \"")
        buffer.writeStaticString(state.limit.name)
        buffer.writeStaticString("\";q=")
        buffer.writeString(most)
        if state.limit.isPerSecond { buffer.writeStaticString(";w=1") }
        buffer.writeStaticString("\r\nratelimit: \"")
        buffer.writeStaticString(state.limit.name)
        buffer.writeStaticString("\";r=")
        buffer.writeString(remaining)
        buffer.writeStaticString(";t=")
        buffer.writeString(reset)
        buffer.writeStaticString("\r\n")
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
