/// Addresses with the same first bits: `10.0.0.0/8`, `fc00::/7`, or one address alone.
package struct AddressRange: Sendable, Hashable, CustomStringConvertible {
    package let base: IPAddress
    /// How many bits are the same.
    package let bits: Int

    /// `nil` for what is no range.
    package init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first, let base = IPAddress(String(first)) else { return nil }
        let all = base.bytes.count * 8
        guard parts.count == 2 else {
            self.base = base
            bits = all
            return
        }
        guard let bits = Int(parts[1]), (0...all).contains(bits) else { return nil }
        self.base = base
        self.bits = bits
    }

    package func contains(_ address: IPAddress) -> Bool {
        guard address.bytes.count == base.bytes.count else { return false }
        for index in base.bytes.indices {
            let left = bits - index * 8
            if left <= 0 { return true }
            let mask: UInt8 = left >= 8 ? 0xFF : ~(0xFF >> UInt8(left))
            if address.bytes[index] & mask != base.bytes[index] & mask { return false }
        }
        return true
    }

    package var description: String { "\(base)/\(bits)" }
}
