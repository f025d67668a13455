package import Journal

/// Which addresses the server calls out to: those of the public Internet, and what its settings add.
///
/// Whoever may name a webhook must not reach through the server what only the server can reach: the machine itself, its
/// neighbours, a cloud's metadata service.
package struct AddressPolicy: Sendable, Hashable {
    package let allowed: [AddressRange]

    package init(allowed: [AddressRange] = []) {
        self.allowed = allowed
    }

    /// From the setting `webhook_allow`: ranges by commas.
    package init(setting text: String?) throws(ControlError) {
        var ranges: [AddressRange] = []
        for piece in (text ?? "").split(separator: ",") {
            let word = piece.trimmingSpaces
            guard let range = AddressRange(word) else {
                throw ControlError(
                    .invalid, "webhook_allow has '\(Name.excerpt(of: word))', which is no range of addresses",
                    field: "webhook_allow", hint: "as 127.0.0.0/8 or fd00::/8, several by commas")
            }
            ranges.append(range)
        }
        allowed = ranges
    }

    /// Why the address is not called; `nil` where it is.
    package func refusal(of address: IPAddress) -> String? {
        if allowed.contains(where: { $0.contains(address) }) { return nil }
        if let inner = address.embedded { return refusal(of: inner) }
        return Self.special.first { range, _ in range.contains(address) }?.kind
    }

    /// The special-purpose registries of IANA for IPv4 and IPv6, and multicast.
    private static let special: [(range: AddressRange, kind: String)] = [
        ("0.0.0.0/8", "this network"), ("10.0.0.0/8", "private"), ("100.64.0.0/10", "shared by a provider"),
        ("127.0.0.0/8", "loopback"), ("169.254.0.0/16", "link-local"), ("172.16.0.0/12", "private"),
        ("192.0.0.0/24", "special"), ("192.0.2.0/24", "documentation"), ("192.88.99.0/24", "special"),
        ("192.168.0.0/16", "private"), ("198.18.0.0/15", "benchmarking"), ("198.51.100.0/24", "documentation"),
        ("203.0.113.0/24", "documentation"), ("224.0.0.0/4", "multicast"), ("240.0.0.0/4", "reserved"),
        ("::/128", "unspecified"), ("::1/128", "loopback"), ("64:ff9b:1::/48", "local translation"),
        ("100::/64", "discard only"), ("2001::/23", "special"), ("2001:db8::/32", "documentation"),
        ("2002::/16", "6to4"), ("3fff::/20", "documentation"), ("5f00::/16", "segment routing"),
        ("fc00::/7", "private"), ("fe80::/10", "link-local"), ("fec0::/10", "site-local"), ("ff00::/8", "multicast"),
    ].compactMap { text, kind in AddressRange(text).map { ($0, kind) } }
}

extension Substring {
    fileprivate var trimmingSpaces: String {
        String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }
}
