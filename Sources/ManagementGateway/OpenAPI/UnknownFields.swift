import Foundation
import Gateway
import Journal

/// Finds what a document says and its schema does not know, fields and words: an option that is misspelt must not be lost
/// in silence.
enum UnknownFields {
    /// Throws `invalid` with the path of the first unknown field and the names there are. `schema` is a name in
    /// `OpenAPISchemas`; what is no object where it should be one is left for the decoder to say.
    static func refuse(in document: Any, schema: String) throws(ControlError) {
        guard let shape = OpenAPISchemas.all[schema] else { return }
        try refuse(in: document, shape, path: "")
    }

    private static func refuse(in value: Any, _ schema: JSONValue, path: String) throws(ControlError) {
        if let reference = schema["$ref"]?.plainText {
            guard let name = reference.split(separator: "/").last, let shape = OpenAPISchemas.all[String(name)] else {
                return
            }
            return try refuse(in: value, shape, path: path)
        }
        if let word = value as? String, case .array(let words)? = schema["enum"] {
            let known = words.compactMap(\.plainText)
            guard known.contains(word) else {
                throw ControlError(
                    .invalid, "'\(path)' is '\(Name.excerpt(of: word))'", field: path,
                    hint: "there are \(known.joined(separator: ", "))")
            }
        }
        // The decoder would not say which number it means.
        if schema["type"]?.plainText == "integer", let number = value as? Double, number != number.rounded() {
            throw ControlError(.invalid, "'\(path)' must be a whole number, got \(number)", field: path)
        }
        if let items = value as? [Any], let shape = schema["items"] {
            for (index, item) in items.enumerated() { try refuse(in: item, shape, path: "\(path)[\(index)]") }
        }
        guard let members = value as? [String: Any], case .object(let properties)? = schema["properties"] else {
            return
        }
        for (name, member) in members.sorted(by: { $0.key < $1.key }) {
            let place = path.isEmpty ? name : "\(path).\(name)"
            guard let shape = properties.first(where: { $0.0 == name })?.1 else {
                let known = properties.map(\.0).sorted().joined(separator: ", ")
                throw ControlError(
                    .invalid, "'\(Name.excerpt(of: place))' means nothing here", field: Name.excerpt(of: place),
                    hint: "there are \(known)")
            }
            try refuse(in: member, shape, path: place)
        }
    }
}

extension JSONValue {
    /// The member of an object.
    subscript(_ name: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.0 == name }?.1
    }

    fileprivate var plainText: String? {
        if case .string(let text) = self { text } else { nil }
    }
}
