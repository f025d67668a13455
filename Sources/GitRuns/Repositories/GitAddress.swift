package import Journal

/// Where a repository is: `https://` or `file:///`, in a form that means the same to everybody who reads it.
package struct GitAddress: Sendable, Hashable {
    private static let mostBytes = 2048

    package let url: String
    /// `https` or `file`: the only protocol that Git may speak on its behalf.
    package let scheme: String

    /// Throws `invalid` for other protocols, for passwords, and for whatever could mean another place than it seems to.
    package init(_ url: String, field: String = "url") throws(ControlError) {
        func refusal(_ why: String, hint: String? = nil) -> ControlError {
            ControlError(.invalid, "'\(Name.excerpt(of: url, limit: 120))' \(why)", field: field, hint: hint)
        }
        guard url.utf8.count <= Self.mostBytes else { throw refusal("is longer than \(Self.mostBytes) bytes") }
        let rest: Substring
        if url.hasPrefix("https://") {
            (scheme, rest) = ("https", url.dropFirst(8))
        } else if url.hasPrefix("file:///") {
            (scheme, rest) = ("file", url.dropFirst(7))
        } else {
            throw refusal("is no address to clone from", hint: "https://HOST/PATH, or file:///PATH on the server")
        }
        guard rest.utf8.allSatisfy(Self.isPlain) else {
            throw refusal(
                "has a character that has no place there",
                hint: "letters, digits and - . _ ~ + , : / alone; no user name or password, no query, no %")
        }
        let parts = rest.split(separator: "/", omittingEmptySubsequences: false)
        guard let host = parts.first, parts.count > 1, host.isEmpty == (scheme == "file") else {
            throw refusal("names no host, or nothing there")
        }
        let path = parts.dropFirst()
        guard !path.contains("."), !path.contains(".."), !path.dropLast().contains(""), path != [""] else {
            throw refusal("has a part '.', '..' or an empty one in its path")
        }
        self.url = url
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: Array("-._~+,:/".utf8).contains(byte)
        }
    }

    /// Whether the server's list lets it: an entry stands for itself and for what is below it, never for a longer name.
    package func isAllowed(by prefixes: [String]) -> Bool {
        prefixes.contains { url == $0 || url.hasPrefix($0.hasSuffix("/") ? $0 : $0 + "/") }
    }

    /// Throws `refused`, with the line to add, unless the server's list lets it.
    package func requireAllowed(by prefixes: [String]) throws(ControlError) {
        guard !isAllowed(by: prefixes) else { return }
        let folder = url.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
        let known =
            prefixes.isEmpty ? "it has no list of what it may" : "its list has \(prefixes.joined(separator: ", "))"
        throw ControlError(
            .refused, "this server does not clone from '\(url)': \(known)", field: "url",
            hint:
                "add to its configuration `git_allow: \((prefixes + [folder]).joined(separator: ", "))`, and restart it"
        )
    }

    /// Entries of the list as one text has them, by commas.
    package static func prefixes(in text: String) -> [String] {
        text.split(separator: ",").map { String($0.trimmingPrefix(while: \.isWhitespace)) }
            .map { entry in String(entry.reversed().drop(while: \.isWhitespace).reversed()) }
            .filter { !$0.isEmpty }
    }
}

/// Names of branches and tags, and commits.
package enum GitReference {
    /// Throws `invalid` for what is no name of a branch, a tag or a commit, and for what Git could take for an option, a
    /// pattern or two of them.
    package static func check(_ text: String, field: String) throws(ControlError) {
        let bytes = Array(text.utf8)
        let isPlain = bytes.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            default: Array("-._/+@#=".utf8).contains(byte)
            }
        }
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard !bytes.isEmpty, bytes.count <= 255, isPlain, text.first != "-", !text.contains(".."), text != "@",
            parts.allSatisfy({ !$0.isEmpty && !$0.hasPrefix(".") && !$0.hasSuffix(".lock") && !$0.hasSuffix(".") })
        else {
            throw ControlError(
                .invalid, "\(field) '\(Name.excerpt(of: text))' is no branch, tag or commit", field: field,
                hint: "as main, release/1.2 or the 40 digits of a commit")
        }
    }

    /// Whether it is a commit's whole name: 40 lower-case hexadecimal digits, or 64.
    package static func isCommit(_ text: String) -> Bool {
        (text.utf8.count == 40 || text.utf8.count == 64)
            && text.utf8.allSatisfy {
                ($0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9"))
                    || ($0 >= UInt8(ascii: "a") && $0 <= UInt8(ascii: "f"))
            }
    }
}
