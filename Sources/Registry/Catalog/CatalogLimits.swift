import Journal

/// What MLflow's own registry takes, and no more.
enum CatalogLimits {
    /// In UTF-8 bytes.
    static let key = 250
    static let value = 100_000
    static let alias = 255
    static let description = 100_000
    /// Of one model, or of one version.
    static let tags = 1000

    static func checkTag(_ key: String, _ value: String) throws(ControlError) {
        guard !key.isEmpty, key.utf8.count <= Self.key else {
            throw ControlError(
                .invalid, "the tag's key '\(Name.excerpt(of: key))' has \(key.utf8.count) bytes", field: "key",
                hint: "keys have 1 to \(Self.key) bytes")
        }
        guard value.utf8.count <= Self.value else {
            throw ControlError(
                .invalid, "the value of tag '\(Name.excerpt(of: key))' has \(value.utf8.count) bytes", field: "value",
                hint: "at most \(Self.value) bytes")
        }
    }

    static func checkCount(_ count: Int) throws(ControlError) {
        guard count <= Self.tags else {
            throw ControlError(.invalid, "there would be \(count) tags, at most \(Self.tags)", field: "tags")
        }
    }

    static func checkDescription(_ text: String) throws(ControlError) {
        guard text.utf8.count <= Self.description else {
            throw ControlError(
                .invalid, "the description has \(text.utf8.count) bytes, at most \(Self.description)",
                field: "description")
        }
    }

    /// `latest` and `v1` mean versions already.
    static func checkAlias(_ alias: String) throws(ControlError) {
        func refuse(_ why: String) -> ControlError {
            ControlError(
                .invalid, "the alias '\(Name.excerpt(of: alias))' \(why)", field: "alias",
                hint: "letters, digits, '_' and '-', at most \(Self.alias); not 'latest', and no number as in 'v1'")
        }
        guard !alias.isEmpty, alias.utf8.count <= Self.alias else { throw refuse("is empty or too long") }
        let isPlain = alias.utf8.allSatisfy { byte in
            (byte | 0x20 >= UInt8(ascii: "a") && byte | 0x20 <= UInt8(ascii: "z"))
                || (byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")) || byte == UInt8(ascii: "_")
                || byte == UInt8(ascii: "-")
        }
        guard isPlain else { throw refuse("has other characters than letters, digits, '_' and '-'") }
        let word = alias.lowercased()
        let digits = word.hasPrefix("v") ? word.dropFirst() : word[...]
        guard word != "latest", digits.isEmpty || !digits.allSatisfy(\.isNumber) else {
            throw refuse("means a version already")
        }
    }
}
