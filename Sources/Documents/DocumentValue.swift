import Foundation

/// What stands at one place of a policy document, whether it was written in YAML or JSON.
package indirect enum DocumentValue: Sendable, Hashable {
    case null
    case flag(Bool)
    case whole(Int)
    case number(Double)
    case text(String)
    case list([DocumentValue])
    case mapping([String: DocumentValue])

    /// What it is, for messages: `a list`.
    package var kind: String {
        switch self {
        case .null: "nothing"
        case .flag: "true or false"
        case .whole, .number: "a number"
        case .text: "a text"
        case .list: "a list"
        case .mapping: "a mapping"
        }
    }
}

extension DocumentValue: Codable {
    package init(from decoder: any Decoder) throws {
        if let container = try? decoder.container(keyedBy: AnyKey.self) {
            var members: [String: DocumentValue] = [:]
            for key in container.allKeys {
                members[key.stringValue] = try container.decode(DocumentValue.self, forKey: key)
            }
            self = .mapping(members)
            return
        }
        if var container = try? decoder.unkeyedContainer() {
            var items: [DocumentValue] = []
            while !container.isAtEnd { items.append(try container.decode(DocumentValue.self)) }
            self = .list(items)
            return
        }
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let flag = try? container.decode(Bool.self) {
            self = .flag(flag)
        } else if let whole = try? container.decode(Int.self) {
            self = .whole(whole)
        } else if let number = try? container.decode(Double.self) {
            self = .number(number)
        } else {
            self = .text(try container.decode(String.self))
        }
    }

    package func encode(to encoder: any Encoder) throws {
        switch self {
        case .mapping(let members):
            var container = encoder.container(keyedBy: AnyKey.self)
            for (name, value) in members { try container.encode(value, forKey: AnyKey(stringValue: name)) }
        case .list(let items):
            var container = encoder.unkeyedContainer()
            for item in items { try container.encode(item) }
        case .null:
            var container = encoder.singleValueContainer()
            try container.encodeNil()
        case .flag(let flag):
            var container = encoder.singleValueContainer()
            try container.encode(flag)
        case .whole(let number):
            var container = encoder.singleValueContainer()
            try container.encode(number)
        case .number(let number):
            var container = encoder.singleValueContainer()
            try container.encode(number)
        case .text(let text):
            var container = encoder.singleValueContainer()
            try container.encode(text)
        }
    }

    private struct AnyKey: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }

        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }
}

extension DocumentValue {
    /// The place of the first name in it, in their order, that `other` does not have at the same place: what a reader made
    /// nothing of. What came out in another form was read.
    func lost(in other: DocumentValue) -> String? {
        switch (self, other) {
        case (.mapping(let here), .mapping(let there)):
            for (name, value) in here.sorted(by: { $0.key < $1.key }) where value != .null {
                guard let found = there[name] else { return name }
                if let deeper = value.lost(in: found) {
                    return deeper.hasPrefix("[") ? name + deeper : "\(name).\(deeper)"
                }
            }
            return nil
        case (.list(let here), .list(let there)):
            for (index, (value, found)) in zip(here, there).enumerated() {
                if let deeper = value.lost(in: found) {
                    return "[\(index)]" + (deeper.hasPrefix("[") ? "" : ".") + deeper
                }
            }
            return nil
        default: return nil
        }
    }

    /// As JSON with sorted keys: the same value is the same text.
    package var json: String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Every number in it is finite: what reads documents takes no others.
        return (try? encoder.encode(self)).map { String(decoding: $0, as: UTF8.self) } ?? "null"
    }
}
