/// Names of classes in a model's custom metadata: the value of `labels`, `class_names` or `classes`, a JSON array of
/// strings or a list with commas.
package enum ClassLabels {
    package static func read(_ metadata: [String: String]) -> [String]? {
        for key in ["labels", "class_names", "classes"] {
            guard let text = metadata[key] else { continue }
            let labels = parse(text)
            if !labels.isEmpty { return labels }
        }
        return nil
    }

    private static func parse(_ text: String) -> [String] {
        var body = Substring(text)
        let isArray = body.first == "[" && body.last == "]"
        if isArray { body = body.dropFirst().dropLast() }
        return body.split(separator: ",", omittingEmptySubsequences: true).map { item in
            let trimmed = item.drop(while: \.isWhitespace)
            let label = trimmed.reversed().drop(while: \.isWhitespace).reversed()
            let characters = Array(label)
            if characters.count >= 2, let quote = characters.first, quote == "\"" || quote == "'",
                characters.last == quote
            {
                return String(characters[1..<(characters.count - 1)])
            }
            return String(characters)
        }
    }
}
