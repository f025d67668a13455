extension InputSource {
    /// A document that a person wrote: the text of a file, of standard input for `-`.
    static func document(_ path: String) throws -> String {
        let source: InputSource = path == "-" ? .standardInput : .file(path)
        guard let text = String(validating: try source.read(), as: UTF8.self) else {
            throw Failure("\(source.name) is not UTF-8 text", code: .usage)
        }
        return text
    }
}
