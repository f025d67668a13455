package import Journal

/// What a principal may be called: a person or a program (`alice`, `ci-churn`, `alice@example.com`), somebody whom an
/// OpenID provider vouches for (`oidc:SUBJECT`), or everybody of one of its groups (`group:NAME`).
extension Principal {
    package static let maximumLength = 255
    /// Before the subject of a token: whoever may choose a subject must not become one of our own names by it.
    package static let oidcPrefix = "oidc:"
    package static let groupPrefix = "group:"

    /// 1 to 255 bytes without blanks and control characters.
    package static func isValid(_ id: String) -> Bool {
        guard (1...maximumLength).contains(id.utf8.count), id != ".", id != ".." else { return false }
        return id.unicodeScalars.allSatisfy { scalar in
            scalar.value > 0x20 && scalar.value != 0x7F && !(0x80...0xA0).contains(scalar.value)
                && !scalar.properties.isWhitespace && scalar.properties.generalCategory != .format
        }
    }

    /// Throws `invalid`, with the rule in the hint, unless `isValid`.
    package static func validate(_ id: String, field: String) throws(ControlError) {
        guard isValid(id) else {
            throw ControlError(
                .invalid, "\(field) '\(Name.excerpt(of: id))' is not the name of a principal", field: field,
                hint: "1 to \(maximumLength) bytes without blanks: alice, ci-churn, oidc:SUBJECT or group:NAME")
        }
    }
}
