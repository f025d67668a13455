/// Takes out of words that people wrote what must not leave the server: keys that somebody put into a reason, passwords in
/// addresses.
enum SecretText {
    static let mark = "***"
    /// What secrets of ours begin with: keys, and secrets of webhooks.
    private static let prefixes = ["slw_", "whsec_"]

    static func hidden(in text: String) -> String {
        guard text.contains("://") || prefixes.contains(where: text.contains) else { return text }
        return withoutKeys(withoutUserInfo(text))
    }

    /// Of `https://user:password@host` what stands before the `@`.
    private static func withoutUserInfo(_ text: String) -> String {
        var rest = text[...]
        var shown = ""
        while let scheme = rest.firstRange(of: "://") {
            shown += rest[..<scheme.upperBound]
            rest = rest[scheme.upperBound...]
            let authority = rest.prefix { !"/?#".contains($0) && !$0.isWhitespace }
            if let at = authority.lastIndex(of: "@") {
                shown += mark
                rest = rest[at...]
            }
        }
        return shown + rest
    }

    private static func withoutKeys(_ text: String) -> String {
        prefixes.reduce(text) { text, prefix in
            var rest = text[...]
            var shown = ""
            while let found = rest.firstRange(of: prefix) {
                shown += rest[..<found.upperBound] + mark
                rest = rest[found.upperBound...].drop { $0.isLetter || $0.isNumber || "_-+/=".contains($0) }
            }
            return shown + rest
        }
    }
}
