package import Foundation
package import Journal
import Yams

/// Reads a policy as people write it.
///
/// A policy is a page, not a data format: what is larger, deeper or more clever than that is refused before a parser sees
/// it. Aliases above all, since a few lines of them can stand for more memory than there is.
package enum DocumentText {
    package static let maximumBytes = 64 << 10
    /// Mappings and lists in each other.
    package static let maximumDepth = 16

    /// The same for another document that is a page too.
    ///
    /// - Parameter what: what it is called in messages: `rollout`.
    package static func value(yaml text: String, what: String) throws(ControlError) -> DocumentValue {
        do { return try value(yaml: text) } catch { throw error.about(what) }
    }

    package static func value(json data: Data, what: String) throws(ControlError) -> DocumentValue {
        do { return try value(json: data) } catch { throw error.about(what) }
    }

    /// - Parameter text: YAML 1.1, of which JSON is a part.
    package static func value(yaml text: String) throws(ControlError) -> DocumentValue {
        try guardAgainstBombs(text)
        let node: Node?
        do {
            node = try Yams.compose(yaml: text)
        } catch {
            throw notYAML(error)
        }
        guard let node else { throw ControlError(.invalid, "the policy is empty", hint: "docs/reference/policy.md") }
        return try value(node, path: "", depth: 0)
    }

    /// - Parameter data: JSON, checked to be no more than `maximumBytes`.
    package static func value(json data: Data) throws(ControlError) -> DocumentValue {
        guard data.count <= maximumBytes else { throw tooLarge(data.count) }
        let value: DocumentValue
        do {
            value = try JSONDecoder().decode(DocumentValue.self, from: data)
        } catch {
            throw ControlError(.invalid, "the policy is not JSON that can be read")
        }
        try checkDepth(value, 0)
        return value
    }

    private static func checkDepth(_ value: DocumentValue, _ depth: Int) throws(ControlError) {
        guard depth <= maximumDepth else { throw tooDeep }
        switch value {
        case .list(let items): for item in items { try checkDepth(item, depth + 1) }
        case .mapping(let members): for item in members.values { try checkDepth(item, depth + 1) }
        case .null, .flag, .whole, .number, .text: return
        }
    }

    private static func tooLarge(_ bytes: Int) -> ControlError {
        ControlError(.tooLarge, "the policy has \(bytes) bytes, at most \(maximumBytes)")
    }

    private static var tooDeep: ControlError {
        ControlError(.invalid, "the policy has more than \(maximumDepth) lists and mappings in each other")
    }

    /// By the bytes alone. It may refuse a text in quotes that looks like what it looks for; a policy has no use for one.
    private static func guardAgainstBombs(_ text: String) throws(ControlError) {
        let bytes = Array(text.utf8)
        guard bytes.count <= maximumBytes else { throw tooLarge(bytes.count) }
        var open = 0
        var line = 1
        var marks = 0
        var previous = UInt8(ascii: "\n")
        for (index, byte) in bytes.enumerated() {
            switch byte {
            case UInt8(ascii: "["), UInt8(ascii: "{"): open += 1
            case UInt8(ascii: "]"), UInt8(ascii: "}"): open = max(0, open - 1)
            case UInt8(ascii: "\n"):
                line += 1
                marks = 0
            case UInt8(ascii: "&"), UInt8(ascii: "*"):
                let next = index + 1 < bytes.count ? bytes[index + 1] : UInt8(ascii: " ")
                if Self.mayPrecedeToken(previous), Self.isOfAnchor(next) {
                    throw ControlError(
                        .invalid, "line \(line) of the policy has an anchor or an alias (& or *)",
                        hint: "write out what it stands for, or put the text in a form without them")
                }
            // `- - - -` and `? ? ?` nest on one line.
            case UInt8(ascii: "-"), UInt8(ascii: "?"), UInt8(ascii: ":"):
                let next = index + 1 < bytes.count ? bytes[index + 1] : UInt8(ascii: " ")
                if Self.isSpace(previous), Self.isSpace(next) { marks += 1 }
            default: break
            }
            guard open <= maximumDepth, marks <= maximumDepth else { throw tooDeep }
            previous = byte
        }
    }

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\n")
            || byte == UInt8(ascii: "\r")
    }

    /// What the parser takes for the name of an anchor; `0 */2 * * *` in quotes has none.
    private static func isOfAnchor(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
            || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || byte == UInt8(ascii: "-")
            || byte == UInt8(ascii: "_")
    }

    private static func mayPrecedeToken(_ byte: UInt8) -> Bool {
        isSpace(byte) || ["[", "{", ",", ":", "-", "?", "]", "}"].contains(UnicodeScalar(byte))
    }

    private static func notYAML(_ error: any Error) -> ControlError {
        let (what, line): (String, Int?) =
            switch error as? YamlError {
            case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
                .composer(_, let problem, let mark, _):
                (problem, mark.line)
            case .duplicatedKeysInMapping(let names, let context):
                ("'\(Name.excerpt(of: names.first ?? ""))' is there twice", context.mark.line)
            default: ("it cannot be read", nil)
            }
        return ControlError(.invalid, "the policy is not YAML: \(what)" + (line.map { " (line \($0))" } ?? ""))
    }

    private static func value(_ node: Node, path: String, depth: Int) throws(ControlError) -> DocumentValue {
        guard depth <= maximumDepth else { throw tooDeep }
        switch node {
        case .alias: throw ControlError(.invalid, "the policy has an alias", field: path.isEmpty ? nil : path)
        case .scalar(let scalar): return plain(scalar)
        case .sequence(let sequence):
            var items: [DocumentValue] = []
            for item in sequence { items.append(try value(item, path: "\(path)[\(items.count)]", depth: depth + 1)) }
            return .list(items)
        case .mapping(let mapping):
            var members: [String: DocumentValue] = [:]
            for (key, item) in mapping {
                guard case .scalar(let name) = key else {
                    throw ControlError(.invalid, "a name in the policy must be a plain word", field: path)
                }
                let place = path.isEmpty ? name.string : "\(path).\(name.string)"
                members[name.string] = try value(item, path: place, depth: depth + 1)
            }
            return .mapping(members)
        }
    }

    /// A scalar without quotes may be more than a text.
    private static func plain(_ scalar: Node.Scalar) -> DocumentValue {
        let text = scalar.string
        guard scalar.style == .plain || scalar.style == .any else { return .text(text) }
        switch text {
        case "", "~", "null": return .null
        case "true": return .flag(true)
        case "false": return .flag(false)
        default: break
        }
        if let whole = Int(text) { return .whole(whole) }
        let isNumeric = text.utf8.allSatisfy { byte in
            (byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9"))
                || ["+", "-", ".", "e", "E"].contains(UnicodeScalar(byte))
        }
        if isNumeric, let number = Double(text), number.isFinite { return .number(number) }
        return .text(text)
    }
}

extension ControlError {
    fileprivate func about(_ what: String) -> ControlError {
        ControlError(
            code, message.replacing("the policy", with: "the \(what)"), field: field,
            hint: hint?.replacing("policy.md", with: "\(what).md"))
    }
}
