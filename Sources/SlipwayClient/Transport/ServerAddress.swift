/// Where the server is: `http` or `https`, a host, perhaps a port; nothing after it.
struct ServerAddress: Sendable, Hashable, CustomStringConvertible {
    let isSecure: Bool
    /// `host:port` or `host`, as written.
    let authority: String

    /// Without the brackets of an IPv6 address.
    let host: String
    /// As written, else that of the scheme.
    let port: Int

    /// What the host is written as.
    enum Form { case name, ipv4, ipv6 }

    var form: Form {
        if host.contains(":") { return .ipv6 }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts.allSatisfy { UInt8($0) != nil } ? .ipv4 : .name
    }

    var description: String { "\(isSecure ? "https" : "http")://\(authority)" }

    init(_ text: String) throws(ClientError) {
        func bad(_ problem: String) -> ClientError { .badAddress(text, problem: problem) }
        let lowered = text.lowercased()
        let rest: Substring
        if lowered.hasPrefix("http://") {
            isSecure = false
            rest = text.dropFirst(7)
        } else if lowered.hasPrefix("https://") {
            isSecure = true
            rest = text.dropFirst(8)
        } else {
            throw bad("does not start with http:// or https://")
        }
        let authority = rest.hasSuffix("/") ? rest.dropLast() : rest
        guard !authority.isEmpty else { throw bad("names no host") }
        guard !authority.contains(where: { "/?#@ ".contains($0) || !$0.isASCII }) else {
            throw bad("has more in it than a host and a port")
        }
        var name = authority
        if let colon = authority.lastIndex(of: ":"), authority.last != "]" {
            guard let port = Int(authority[authority.index(after: colon)...]), (1...65535).contains(port) else {
                throw bad("has a port that is not a number from 1 to 65535")
            }
            guard colon != authority.startIndex else { throw bad("names no host") }
            self.port = port
            name = authority[..<colon]
        } else {
            port = isSecure ? 443 : 80
        }
        host = String(name.first == "[" && name.last == "]" ? name.dropFirst().dropLast() : name)
        self.authority = String(authority)
    }

    /// The text as one segment of a path, or one value of a query: everything but letters, digits and `-._~` encoded.
    static func encode(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count)
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                bytes.append(byte)
            default:
                bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
