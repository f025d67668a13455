import Foundation
import InferenceProtocol
package import Journal

/// The members of one mapping of a policy, taken one by one by name. Whatever is left at the end was misspelt: a limit that
/// is lost in silence is no limit.
package struct DocumentFields {
    /// Where the mapping stands in the document: `gates[2]`; empty for the document itself.
    package let path: String
    private let members: [String: DocumentValue]
    private var known: [String] = []

    package init(_ value: DocumentValue, at path: String) throws(ControlError) {
        self.path = path
        switch value {
        case .mapping(let members): self.members = members
        case .null where path.isEmpty: members = [:]
        default: throw Self.wrong(path.isEmpty ? "the policy" : path, "a mapping of names to values", value)
        }
    }

    /// `approvals.count`
    package func place(_ name: String) -> String { path.isEmpty ? name : "\(path).\(name)" }

    /// The refusal of what stands at a name.
    package func refusal(_ name: String, _ why: String, hint: String? = nil) -> ControlError {
        ControlError(.invalid, "'\(place(name))' \(why)", field: place(name), hint: hint)
    }

    /// `nil` where it is absent or empty.
    package mutating func value(_ name: String) -> DocumentValue? {
        known.append(name)
        guard let value = members[name], value != .null else { return nil }
        return value
    }

    package mutating func text(_ name: String) throws(ControlError) -> String? {
        guard let value = value(name) else { return nil }
        return try Self.text(value, at: place(name))
    }

    package mutating func required(_ name: String) throws(ControlError) -> String {
        guard let text = try text(name) else { throw refusal(name, "is missing", hint: misspelt(name)) }
        return text
    }

    /// Where a member that nobody has asked for is all but called so.
    private func misspelt(_ name: String) -> String? {
        untaken.keys.sorted().first { NameSuggestion.nearest(to: $0, among: [name]) != nil }
            .map { "there is '\(Name.excerpt(of: place($0)))': did you mean '\(name)'?" }
    }

    package mutating func flag(_ name: String) throws(ControlError) -> Bool? {
        guard let value = value(name) else { return nil }
        guard case .flag(let flag) = value else { throw Self.wrong(place(name), "true or false", value) }
        return flag
    }

    package mutating func whole(_ name: String, in range: ClosedRange<Int>) throws(ControlError) -> Int? {
        guard let value = value(name) else { return nil }
        guard case .whole(let number) = value else { throw Self.wrong(place(name), "a whole number", value) }
        guard range.contains(number) else {
            throw refusal(name, "is \(number)", hint: "from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    package mutating func number(_ name: String) throws(ControlError) -> Double? {
        guard let value = value(name) else { return nil }
        switch value {
        case .whole(let number): return Double(number)
        case .number(let number): return number
        default: throw Self.wrong(place(name), "a number", value)
        }
    }

    package mutating func list(_ name: String, atMost limit: Int = 64) throws(ControlError) -> [DocumentValue]? {
        guard let value = value(name) else { return nil }
        guard case .list(let items) = value else { throw Self.wrong(place(name), "a list", value) }
        guard items.count <= limit else { throw refusal(name, "has \(items.count) entries, at most \(limit)") }
        return items
    }

    package mutating func texts(_ name: String, atMost limit: Int = 64) throws(ControlError) -> [String]? {
        guard let items = try list(name, atMost: limit) else { return nil }
        var texts: [String] = []
        for item in items { texts.append(try Self.text(item, at: "\(place(name))[\(texts.count)]")) }
        return texts
    }

    /// One of a few words.
    package mutating func word(_ name: String, among words: [String]) throws(ControlError) -> String? {
        guard let text = try text(name) else { return nil }
        guard words.contains(text) else { throw Self.unknownWord(text, at: place(name), among: words) }
        return text
    }

    /// A list of a few words, each once.
    package mutating func words<Word: RawRepresentable<String> & Hashable>(
        _ name: String, among all: [Word]
    ) throws(ControlError) -> [Word]? {
        guard let texts = try texts(name) else { return nil }
        var found: [Word] = []
        for (index, text) in texts.enumerated() {
            let place = "\(self.place(name))[\(index)]"
            guard let word = all.first(where: { $0.rawValue == text }) else {
                throw Self.unknownWord(text, at: place, among: all.map(\.rawValue))
            }
            guard !found.contains(word) else {
                throw ControlError(.invalid, "'\(place)' is '\(text)' a second time", field: place)
            }
            found.append(word)
        }
        return found
    }

    /// Everything that was not taken so far; still counts as not taken.
    package var untaken: [String: DocumentValue] { members.filter { !known.contains($0.key) } }

    /// Everything that was not taken, as a rule that decodes itself from JSON; counts as taken. Where the rule says what is
    /// wrong, its field becomes a place in the document.
    package mutating func rest<Rule: Codable>(
        as type: Rule.Type, hint: String = "docs/reference/gates.md has the fields of each kind of gate"
    ) throws(ControlError) -> Rule {
        let rest = DocumentValue.mapping(untaken)
        known += untaken.keys
        do {
            let rule = try JSONDecoder().decode(type, from: Data(rest.json.utf8))
            let again = try JSONDecoder().decode(DocumentValue.self, from: JSONEncoder().encode(rule))
            if let lost = rest.lost(in: again) {
                throw ControlError(
                    .invalid, "'\(Name.excerpt(of: place(lost)))' means nothing here", field: place(lost),
                    hint: hint)
            }
            return rule
        } catch let error as ControlError {
            throw error.field?.hasPrefix(path) == true ? error : placed(error)
        } catch let error as DecodingError {
            throw placed(Self.refusal(error))
        } catch {
            throw ControlError(.invalid, "'\(path)' cannot be read", field: path)
        }
    }

    /// An error of a rule, with its field as a place in the document.
    package func placed(_ error: ControlError) -> ControlError { error.within(path) }

    private static func refusal(_ error: DecodingError) -> ControlError {
        func refused(_ context: DecodingError.Context, _ more: [any CodingKey], _ what: String) -> ControlError {
            var place = ""
            for key in context.codingPath + more {
                if let index = key.intValue {
                    place += "[\(index)]"
                } else {
                    place += (place.isEmpty ? "" : ".") + key.stringValue
                }
            }
            return ControlError(.invalid, "'\(Name.excerpt(of: place))' \(what)", field: place)
        }
        switch error {
        case .keyNotFound(let key, let context): return refused(context, [key], "is missing")
        case .valueNotFound(_, let context): return refused(context, [], "is empty")
        case .typeMismatch(_, let context), .dataCorrupted(let context):
            return refused(context, [], "is not what it must be: \(context.debugDescription)")
        @unknown default: return ControlError(.invalid, "the rule cannot be read")
        }
    }

    /// To be called last. Throws `invalid` for the first member, by name, that nobody asked for.
    package func finish() throws(ControlError) {
        guard let name = members.keys.filter({ !known.contains($0) }).min() else { return }
        let shown = Name.excerpt(of: place(name))
        let hint =
            NameSuggestion.nearest(to: name, among: known).map { "did you mean '\($0)'?" }
            ?? "there are \(Set(known).sorted().joined(separator: ", "))"
        throw ControlError(.invalid, "'\(shown)' means nothing here", field: shown, hint: hint)
    }

    private static func text(_ value: DocumentValue, at place: String) throws(ControlError) -> String {
        switch value {
        case .text(let text): return text
        // A space may be called 7.
        case .whole(let number): return String(number)
        default: throw wrong(place, "a text", value)
        }
    }

    package static func wrong(_ place: String, _ expected: String, _ value: DocumentValue) -> ControlError {
        ControlError(.invalid, "'\(place)' must be \(expected), not \(value.kind)", field: place)
    }

    private static func unknownWord(_ text: String, at place: String, among words: [String]) -> ControlError {
        let suggestion = NameSuggestion.nearest(to: text, among: words).map { "did you mean '\($0)'? " } ?? ""
        return ControlError(
            .invalid, "'\(place)' is '\(Name.excerpt(of: text))'", field: place,
            hint: suggestion + "there are \(words.joined(separator: ", "))")
    }
}
