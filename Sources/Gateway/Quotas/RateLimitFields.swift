import Identity
import NIOCore

/// What of a key's limits an answer says: the three fields that most clients read, and, where it is no answer to a
/// prediction but a refusal, the two of the newer draft as well. A prediction's answer is short, and every field is read
/// by somebody.
///
/// Source: draft-ietf-httpapi-ratelimit-headers-10 (`RateLimit-Policy`, `RateLimit`), and draft 06 of the same, whose
/// `RateLimit-Limit`, `-Remaining` and `-Reset` are what most clients read.
enum RateLimitFields {
    static func write(_ state: QuotaState, isShort: Bool, into buffer: inout ByteBuffer) {
        var most = DecimalText(state.most)
        var remaining = DecimalText(state.remaining)
        var reset = DecimalText(state.resetSeconds)
        buffer.writeStaticString("ratelimit-limit: ")
        most.write(into: &buffer)
        buffer.writeStaticString("\r\nratelimit-remaining: ")
        remaining.write(into: &buffer)
        buffer.writeStaticString("\r\nratelimit-reset: ")
        reset.write(into: &buffer)
        buffer.writeStaticString("\r\n")
        if !isShort { writePolicy(state, &most, &remaining, &reset, into: &buffer) }
    }

    private static func writePolicy(
        _ state: QuotaState, _ most: inout DecimalText, _ remaining: inout DecimalText, _ reset: inout DecimalText,
        into buffer: inout ByteBuffer
    ) {
        buffer.writeStaticString("ratelimit-policy: \"")
        buffer.writeStaticString(state.limit.name)
        buffer.writeStaticString("\";q=")
        most.write(into: &buffer)
        if state.limit.isPerSecond { buffer.writeStaticString(";w=1") }
        buffer.writeStaticString("\r\nratelimit: \"")
        buffer.writeStaticString(state.limit.name)
        buffer.writeStaticString("\";r=")
        remaining.write(into: &buffer)
        buffer.writeStaticString(";t=")
        reset.write(into: &buffer)
        buffer.writeStaticString("\r\n")
    }
}

/// A number's digits on the stack: a `String` of each would cost a prediction more than all else that limits do.
private struct DecimalText {
    /// The last of `count` digits is the last byte; as many as the largest number has.
    private var digits: (UInt64, UInt64, UInt64) = (0, 0, 0)
    private let count: Int
    private static let size = 24

    init(_ number: Int) {
        var left = UInt64(max(0, number))
        var count = 0
        withUnsafeMutableBytes(of: &digits) { bytes in
            repeat {
                count += 1
                bytes[Self.size - count] = UInt8(ascii: "0") + UInt8(left % 10)
                left /= 10
            } while left > 0
        }
        self.count = count
    }

    mutating func write(into buffer: inout ByteBuffer) {
        let count = self.count
        withUnsafeBytes(of: &digits) { bytes in
            _ = buffer.writeBytes(UnsafeRawBufferPointer(rebasing: bytes[(Self.size - count)...]))
        }
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
