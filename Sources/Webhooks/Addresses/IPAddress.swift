import Foundation

/// An address of the Internet Protocol: 4 or 16 bytes in network order.
package struct IPAddress: Sendable, Hashable, CustomStringConvertible {
    package let bytes: [UInt8]

    /// `nil` unless there are 4 or 16 of them.
    package init?(bytes: [UInt8]) {
        guard bytes.count == 4 || bytes.count == 16 else { return nil }
        self.bytes = bytes
    }

    /// From its text, four decimal numbers or IPv6; `nil` for anything else. `0177.1` is a name here, not an address.
    package init?(_ text: String) {
        let found = withUnsafeTemporaryAllocation(byteCount: 16, alignment: 8) { room -> [UInt8]? in
            guard let base = room.baseAddress else { return nil }
            if inet_pton(AF_INET, text, base) == 1 { return Array(room.prefix(4)) }
            if inet_pton(AF_INET6, text, base) == 1 { return Array(room) }
            return nil
        }
        guard let found else { return nil }
        bytes = found
    }

    package var isIPv4: Bool { bytes.count == 4 }

    /// The IPv4 address that an IPv6 one stands for: mapped (`::ffff:a.b.c.d`), compatible, or of a NAT64 gateway
    /// (`64:ff9b::/96`). A packet to the one gets to the other.
    package var embedded: IPAddress? {
        guard bytes.count == 16 else { return nil }
        let head = Array(bytes.prefix(12))
        let zeros = [UInt8](repeating: 0, count: 10)
        let isMapped = head == zeros + [0xFF, 0xFF]
        let isCompatible =
            head == zeros + [0, 0] && bytes.suffix(4) != [0, 0, 0, 0] && bytes.suffix(4) != [0, 0, 0, 1]
        let isTranslated = head == [0x00, 0x64, 0xFF, 0x9B] + [UInt8](repeating: 0, count: 8)
        guard isMapped || isCompatible || isTranslated else { return nil }
        return IPAddress(bytes: Array(bytes.suffix(4)))
    }

    package var description: String {
        if isIPv4 { return bytes.map { String($0) }.joined(separator: ".") }
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 64) { text in
            guard let base = text.baseAddress,
                bytes.withUnsafeBytes({ inet_ntop(AF_INET6, $0.baseAddress, base, 64) }) != nil
            else { return "" }
            return String(cString: base)
        }
    }
}
