import Foundation

/// `Basic` credentials (RFC 7617), for clients that know no other: the password is the key or the token, and whatever
/// stands before it as a name says nothing.
enum BasicCredentials {
    /// The password; `nil` for anything that is not `Basic` and base64 of a name, a colon and a password.
    static func password(in credentials: UnsafeRawBufferPointer) -> [UInt8]? {
        let scheme: StaticString = "basic "
        let length = scheme.utf8CodeUnitCount
        guard credentials.count > length,
            HTTPSyntax.equal(UnsafeRawBufferPointer(rebasing: credentials[..<length]), scheme)
        else { return nil }
        let rest = credentials[length...].drop { $0 == HTTPSyntax.space }
        guard let decoded = Data(base64Encoded: Data(rest)), let colon = decoded.firstIndex(of: UInt8(ascii: ":"))
        else { return nil }
        let password = Array(decoded[decoded.index(after: colon)...])
        return password.isEmpty ? nil : password
    }
}
