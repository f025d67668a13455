import Journal

/// The members of one message, by the names that MLflow's messages give them. What it does not know is passed over, as
/// MLflow's own server does; what is known must be what it should be.
struct MLflowFields: Sendable {
    private let members: [String: MLflowValue]
    /// Where the message stands in the body, for messages: `metrics[3].`; empty for the body itself.
    private let place: String

    init(_ members: [String: MLflowValue], place: String = "") {
        self.members = members
        self.place = place
    }

    func text(_ name: String) throws(ControlError) -> String? {
        switch members[name] {
        case nil, .null: return nil
        case .text(let text): return text
        case .whole(let number): return String(number)
        case .some(let other): throw wrong(name, "a text", other)
        }
    }

    /// A text that has to be there.
    func required(_ name: String) throws(ControlError) -> String {
        guard let text = try text(name), !text.isEmpty else { throw missing(name) }
        return text
    }

    /// As a number, or as the text of one: both stand for 64 bits in JSON of Protocol Buffers.
    func whole(_ name: String) throws(ControlError) -> Int? {
        switch members[name] {
        case nil, .null: return nil
        case .whole(let number): return number
        case .number(let number):
            guard let whole = Int(exactly: number) else { throw wrong(name, "a whole number", .number(number)) }
            return whole
        case .text(let text):
            if text.isEmpty { return nil }
            guard let number = Int(text) else { throw wrong(name, "a whole number", .text(text)) }
            return number
        case .some(let other): throw wrong(name, "a whole number", other)
        }
    }

    /// `"NaN"`, `"Infinity"` and `"-Infinity"` are numbers too.
    func number(_ name: String) throws(ControlError) -> Double? {
        switch members[name] {
        case nil, .null: return nil
        case .whole(let number): return Double(number)
        case .number(let number): return number
        case .text(let text):
            switch text {
            case "NaN": return .nan
            case "Infinity": return .infinity
            case "-Infinity": return -.infinity
            default:
                guard let number = Double(text), number.isFinite else { throw wrong(name, "a number", .text(text)) }
                return number
            }
        case .some(let other): throw wrong(name, "a number", other)
        }
    }

    func flag(_ name: String) throws(ControlError) -> Bool? {
        switch members[name] {
        case nil, .null: return nil
        case .flag(let flag): return flag
        case .text("true"): return true
        case .text("false"): return false
        case .some(let other): throw wrong(name, "true or false", other)
        }
    }

    /// Texts; one alone may stand for a list of one, as in a query.
    func texts(_ name: String) throws(ControlError) -> [String] {
        switch members[name] {
        case nil, .null: return []
        case .text(let text): return [text]
        case .list(let items):
            var texts: [String] = []
            for item in items {
                switch item {
                case .text(let text): texts.append(text)
                case .whole(let number): texts.append(String(number))
                default: throw wrong("\(name)[\(texts.count)]", "a text", item)
                }
            }
            return texts
        case .some(let other): throw wrong(name, "a list of texts", other)
        }
    }

    /// Messages in a list.
    func messages(_ name: String) throws(ControlError) -> [MLflowFields] {
        switch members[name] {
        case nil, .null: return []
        case .list(let items):
            var messages: [MLflowFields] = []
            for item in items {
                let place = "\(place)\(name)[\(messages.count)]"
                guard case .object(let members) = item else {
                    throw ControlError(.invalid, "'\(place)' must be an object, got \(item.kind)", field: place)
                }
                messages.append(MLflowFields(members, place: place + "."))
            }
            return messages
        case .some(let other): throw wrong(name, "a list", other)
        }
    }

    func message(_ name: String) throws(ControlError) -> MLflowFields? {
        switch members[name] {
        case nil, .null: return nil
        case .object(let members): return MLflowFields(members, place: "\(place)\(name).")
        case .some(let other): throw wrong(name, "an object", other)
        }
    }

    /// Pairs of `key` and `value`, as parameters and tags come; a missing value is an empty one.
    func pairs(_ name: String) throws(ControlError) -> [(key: String, value: String)] {
        var pairs: [(key: String, value: String)] = []
        for message in try messages(name) {
            pairs.append((try message.required("key"), try message.text("value") ?? ""))
        }
        return pairs
    }

    func missing(_ name: String) -> ControlError {
        ControlError(.invalid, "Missing value for required parameter '\(place)\(name)'", field: place + name)
    }

    private func wrong(_ name: String, _ expected: String, _ got: MLflowValue) -> ControlError {
        var found = got.kind
        switch got {
        case .text(let text): found = "'\(Name.excerpt(of: text))'"
        case .number(let number): found = "\(number)"
        default: break
        }
        return ControlError(.invalid, "'\(place)\(name)' must be \(expected), got \(found)", field: place + name)
    }
}
