package import Journal

extension ControlError {
    /// The same about a part of what stands at `path`: `gates[2]` and `metrics[0].min` are `gates[2].metrics[0].min`.
    package func within(_ path: String) -> ControlError {
        guard !path.isEmpty else { return self }
        let place = field.map { "\(path).\($0)" } ?? path
        return ControlError(code, told(at: place), field: place, hint: hint)
    }

    /// The message with the whole place in it: where it names its field, else before it.
    private func told(at place: String) -> String {
        guard let field, let name = message.firstRange(of: "'\(field)'") else { return "\(place): \(message)" }
        var text = message
        text.replaceSubrange(name, with: "'\(place)'")
        return text
    }
}
