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
    /// - Parameters:
    ///   - what: what it is called in messages: `rollout`.
    ///   - atMost: bytes that it may have, where that is more than a page.
    package static func value(
        yaml text: String, what: String, atMost: Int = maximumBytes
    ) throws(ControlError) -> DocumentValue {
        do { return try value(yaml: text, atMost: atMost) } catch { throw error.about(what) }
    }

    package static func value(json data: Data, what: String) throws(ControlError) -> DocumentValue {
        do { return try value(json: data) } catch { throw error.about(what) }
    }

    /// - Parameter text: YAML 1.1, of which JSON is a part.
    package static func value(yaml text: String, atMost: Int = maximumBytes) throws(ControlError) -> DocumentValue {
        let limits = DocumentLimits(bytes: atMost, depth: maximumDepth)
        do { return try placed(yaml: text, limits: limits).value } catch { throw error.error }
    }

    /// The same with the lines that everything stands in.
    static func placed(yaml text: String, limits: DocumentLimits) throws(DocumentFault) -> PlacedDocument {
        try guardAgainstBombs(text, limits)
        let node: Node?
        do {
            node = try Yams.compose(yaml: text)
        } catch {
            throw notYAML(error)
        }
        guard let node else {
            throw DocumentFault(ControlError(.invalid, "the policy is empty", hint: "docs/reference/policy.md"))
        }
        var reading = NodeReading(limits: limits)
        do {
            let value = try reading.value(node, path: "", depth: 0)
            return PlacedDocument(value: value, places: DocumentPlaces(lines: reading.lines))
        } catch {
            throw DocumentFault(error, line: error.field.flatMap { DocumentPlaces(lines: reading.lines).line(of: $0) })
        }
    }

    /// - Parameter data: JSON, checked to be no more than `maximumBytes`.
    package static func value(json data: Data) throws(ControlError) -> DocumentValue {
        guard data.count <= maximumBytes else { throw DocumentFault.tooLarge(data.count, .page).error }
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
        guard depth <= maximumDepth else { throw DocumentLimits.page.tooDeep }
        switch value {
        case .list(let items): for item in items { try checkDepth(item, depth + 1) }
        case .mapping(let members): for item in members.values { try checkDepth(item, depth + 1) }
        case .null, .flag, .whole, .number, .text: return
        }
    }

    /// By the bytes alone. It may refuse a text in quotes that looks like what it looks for; a policy has no use for one.
    private static func guardAgainstBombs(_ text: String, _ limits: DocumentLimits) throws(DocumentFault) {
        let bytes = Array(text.utf8)
        guard bytes.count <= limits.bytes else { throw .tooLarge(bytes.count, limits) }
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
                    throw DocumentFault(
                        ControlError(
                            .invalid, "line \(line) of the policy has an anchor or an alias (& or *)",
                            hint: "write out what it stands for, or put the text in a form without them"), line: line)
                }
            // `- - - -` and `? ? ?` nest on one line.
            case UInt8(ascii: "-"), UInt8(ascii: "?"), UInt8(ascii: ":"):
                let next = index + 1 < bytes.count ? bytes[index + 1] : UInt8(ascii: " ")
                if Self.isSpace(previous), Self.isSpace(next) { marks += 1 }
            default: break
            }
            guard open <= limits.depth, marks <= limits.depth else { throw DocumentFault(limits.tooDeep, line: line) }
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

    /// A parser takes some characters beyond ASCII for the end of a line.
    private static func mayPrecedeToken(_ byte: UInt8) -> Bool {
        byte >= 0x80 || isSpace(byte) || ["[", "{", ",", ":", "-", "?", "]", "}"].contains(UnicodeScalar(byte))
    }

    private static func notYAML(_ error: any Error) -> DocumentFault {
        let (what, line): (String, Int?) =
            switch error as? YamlError {
            case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
                .composer(_, let problem, let mark, _):
                (problem, mark.line)
            case .duplicatedKeysInMapping(let names, let context):
                ("'\(Name.excerpt(of: names.first ?? ""))' is there twice", context.mark.line)
            default: ("it cannot be read", nil)
            }
        return DocumentFault(
            ControlError(.invalid, "the policy is not YAML: \(what)" + (line.map { " (line \($0))" } ?? "")), line: line
        )
    }

    /// A scalar without quotes may be more than a text.
    fileprivate static func plain(_ scalar: Node.Scalar) -> DocumentValue {
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

/// One walk through what the parser made of a document.
private struct NodeReading {
    let limits: DocumentLimits
    /// By the path of each member and item.
    var lines: [String: Int] = [:]
    private var nodes = 0

    init(limits: DocumentLimits) { self.limits = limits }

    mutating func value(_ node: Node, path: String, depth: Int) throws(ControlError) -> DocumentValue {
        // Each takes a byte at least, unless something stands for more than is written.
        nodes += 1
        guard nodes <= limits.bytes else {
            throw ControlError(.invalid, "the policy stands for more than is written in it")
        }
        guard depth <= limits.depth else { throw limits.tooDeep }
        switch node {
        case .alias: throw ControlError(.invalid, "the policy has an alias", field: path.isEmpty ? nil : path)
        case .scalar(let scalar): return DocumentText.plain(scalar)
        case .sequence(let sequence):
            var items: [DocumentValue] = []
            for item in sequence {
                let place = "\(path)[\(items.count)]"
                lines[place] = item.mark?.line
                items.append(try value(item, path: place, depth: depth + 1))
            }
            return .list(items)
        case .mapping(let mapping):
            var members: [String: DocumentValue] = [:]
            for (key, item) in mapping {
                guard case .scalar(let name) = key else {
                    throw ControlError(.invalid, "a name in the policy must be a plain word", field: path)
                }
                let place = path.isEmpty ? name.string : "\(path).\(name.string)"
                lines[place] = key.mark?.line
                members[name.string] = try value(item, path: place, depth: depth + 1)
            }
            return .mapping(members)
        }
    }
}

extension ControlError {
    func about(_ what: String) -> ControlError {
        ControlError(
            code, message.replacing("the policy", with: "the \(what)"), field: field,
            hint: hint?.replacing("policy.md", with: "\(what).md"))
    }
}
