/// What the systems that a trace came through say to each other: the header `tracestate`, passed on as it came.
///
/// Source: W3C Trace Context, section 3.3, https://www.w3.org/TR/trace-context/#tracestate-header.
package struct TraceState: Sendable, Hashable {
    /// Bytes that are passed on; a longer one is left out whole.
    private static let longest = 512
    private static let mostMembers = 32

    package let text: String

    /// - Parameter lines: the values of all such headers, in their order. `nil` where they are none, or not valid.
    package init?(_ lines: [String]) {
        let text = lines.joined(separator: ",")
        guard !text.isEmpty, text.utf8.count <= Self.longest else { return nil }
        var keys: Set<Substring> = []
        var members = 0
        for member in text.split(separator: ",", omittingEmptySubsequences: false) {
            let member = member.drop { $0 == " " || $0 == "\t" }
            // Members may be empty, and count for nothing.
            if member.allSatisfy({ $0 == " " || $0 == "\t" }) { continue }
            members += 1
            guard members <= Self.mostMembers, let equals = member.firstIndex(of: "="), Self.isKey(member[..<equals]),
                Self.isValue(member[member.index(after: equals)...]), keys.insert(member[..<equals]).inserted
            else { return nil }
        }
        guard members > 0 else { return nil }
        self.text = text
    }

    private static func isKey(_ key: Substring) -> Bool {
        guard let first = key.utf8.first, key.utf8.count <= 256, isLowerOrDigit(first) else { return false }
        return key.utf8.allSatisfy { isLowerOrDigit($0) || "_-*/@".utf8.contains($0) }
    }

    private static func isLowerOrDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    /// Printable ASCII without commas and equals signs. Blanks at the end belong to the list.
    private static func isValue(_ value: Substring) -> Bool {
        let bare = value.utf8.reversed().drop { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
        guard !bare.isEmpty, bare.count <= 256 else { return false }
        return bare.allSatisfy { (0x20...0x7e).contains($0) && $0 != UInt8(ascii: ",") && $0 != UInt8(ascii: "=") }
    }
}
