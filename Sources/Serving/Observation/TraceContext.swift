/// Which trace a request belongs to, as its caller says: W3C Trace Context, https://www.w3.org/TR/trace-context/.
package struct TraceContext: Sendable, Hashable {
    /// Of the whole trace; never 0.
    package let id: TraceID
    /// Of the caller's own part in it; never 0.
    package let parent: UInt64
    /// Bit 0: the caller keeps what it knows of this trace.
    package let flags: UInt8

    package init(id: TraceID, parent: UInt64, flags: UInt8) {
        self.id = id
        self.parent = parent
        self.flags = flags
    }

    /// Bytes of version 00, and of the part of later versions that is known: `00-ID-PARENT-FLAGS`.
    private static let length = 2 + 1 + 32 + 1 + 16 + 1 + 2

    /// The value of the header `traceparent`; `nil` where it is not valid, which is then as if it were not there.
    ///
    /// Later versions are read as far as version 00 goes, as section 4.3 asks for.
    package init?(_ text: UnsafeRawBufferPointer) {
        let dash = UInt8(ascii: "-")
        guard text.count >= Self.length, text[2] == dash, text[35] == dash, text[52] == dash,
            let version = Self.number(text[0..<2]), version != 0xff,
            text.count == Self.length || (version > 0 && text[Self.length] == dash),
            let high = Self.number(text[3..<19]), let low = Self.number(text[19..<35]), high != 0 || low != 0,
            let parent = Self.number(text[36..<52]), parent != 0, let flags = Self.number(text[53..<55])
        else { return nil }
        self.init(id: TraceID(high: high, low: low), parent: parent, flags: UInt8(truncatingIfNeeded: flags))
    }

    /// Up to 16 hexadecimal digits in lower case, and nothing else.
    private static func number(_ digits: Slice<UnsafeRawBufferPointer>) -> UInt64? {
        var value: UInt64 = 0
        for byte in digits {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = value << 4 | UInt64(byte &- UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"): value = value << 4 | UInt64(byte &- UInt8(ascii: "a") &+ 10)
            default: return nil
            }
        }
        return value
    }

    /// The header's value in version 00. Only the flag that this version knows is passed on.
    package var text: String {
        "00-\(id.text)-\(TraceID.digits(parent))-\(flags & 1 == 1 ? "01" : "00")"
    }

    /// The same trace, with another part of it as the parent of what comes next.
    ///
    /// - Parameter parent: not 0.
    package func with(parent: UInt64) -> TraceContext { TraceContext(id: id, parent: parent, flags: flags) }
}

/// The number of a trace.
package struct TraceID: Sendable, Hashable {
    package let high: UInt64
    package let low: UInt64

    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// 32 hexadecimal digits.
    package var text: String { Self.digits(high) + Self.digits(low) }

    static func digits(_ value: UInt64) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
