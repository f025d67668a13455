import ArgumentParser

/// `NAME` or `NAME:VERSION`, as a person types it.
struct VersionReference: Sendable, Hashable, ExpressibleByArgument {
    var name: String
    /// The latest when absent.
    var version: Int?
    /// What the space calls the version, in place of a number.
    var alias: String?

    init(name: String, version: Int?, alias: String? = nil) {
        self.name = name
        self.version = version
        self.alias = alias
    }

    init?(argument: String) {
        guard let parsed = try? Self.parse(argument) else { return nil }
        self = parsed
    }

    /// `NAME@ALIAS` as well.
    static func parseWithAlias(_ text: String) throws(Failure) -> VersionReference {
        guard let mark = text.lastIndex(of: "@") else { return try parse(text) }
        let alias = String(text[text.index(after: mark)...])
        guard !alias.isEmpty else {
            throw Failure("\"\(text)\" has no alias behind its '@'", hint: "write churn@champion", code: .usage)
        }
        return VersionReference(
            name: try ResourceName.check(String(text[..<mark]), "model name"), version: nil, alias: alias)
    }

    static func parse(_ text: String, _ what: String = "model name") throws(Failure) -> VersionReference {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let name = try ResourceName.check(String(parts[0]), what)
        guard parts.count == 2 else { return VersionReference(name: name, version: nil) }
        guard let version = Int(parts[1]), version >= 1, parts[1].first != "+" else {
            throw Failure(
                "\"\(parts[1])\" is not a version number", hint: "versions count from 1: \(name):1", code: .usage)
        }
        return VersionReference(name: name, version: version)
    }
}

enum ResourceName {
    /// The name, when it is one: letters, digits, `.`, `_` and `-`, the first a letter or digit, 128 at most.
    static func check(_ name: String, _ what: String) throws(Failure) -> String {
        func isWord(_ byte: UInt8) -> Bool {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            default: false
            }
        }
        let bytes = Array(name.utf8)
        guard let first = bytes.first, bytes.count <= 128, isWord(first),
            bytes.allSatisfy({ isWord($0) || [UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-")].contains($0) })
        else {
            throw Failure(
                "\"\(name)\" is not a \(what)",
                hint: "use letters, digits, '.', '_' and '-', beginning with a letter or digit, 128 at most",
                code: .usage)
        }
        return name
    }
}
