import InferenceProtocol
import Journal
import Tensors

/// A key of a rule as somebody wrote it.
private struct WrittenKey: CodingKey {
    var stringValue: String
    var intValue: Int? { nil }

    init?(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
}

extension Decoder {
    /// Refuses keys that a rule does not have: a misspelt limit would silently limit nothing. Throws `invalid`.
    func refuseKeys<Key: CodingKey & CaseIterable>(besides type: Key.Type) throws {
        let known = Key.allCases.map(\.stringValue)
        for key in try container(keyedBy: WrittenKey.self).allKeys where !known.contains(key.stringValue) {
            let near = NameSuggestion.nearest(to: key.stringValue, among: known)
            throw ControlError(
                .invalid, "there is no key '\(Name.excerpt(of: key.stringValue))' here",
                field: FieldPath.text(codingPath + [key]),
                hint: near.map { "did you mean '\($0)'?" } ?? "there are \(known.joined(separator: ", "))")
        }
    }
}

/// A place in a rule as errors name it: `segments[0].metrics[2].min`.
enum FieldPath {
    static func text(_ path: [any CodingKey]) -> String {
        var text = ""
        for key in path {
            if let index = key.intValue {
                text += "[\(index)]"
            } else {
                text += (text.isEmpty ? "" : ".") + key.stringValue
            }
        }
        return Name.excerpt(of: text, limit: 200)
    }
}

/// A class or another value of a column, which people write as they like: `yes`, `1`, `true`.
struct WrittenValue: Decodable {
    let text: String

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let text = try? container.decode(String.self) {
            self.text = text
        } else if let truth = try? container.decode(Bool.self) {
            text = ClassNames.name(truth)
        } else {
            text = ClassNames.name(try container.decode(Double.self))
        }
    }
}
