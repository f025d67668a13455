package import Documents
package import Journal

/// One file of declared state, as it was read from disk.
package struct DeclarationFile: Sendable, Hashable {
    /// Bytes of one file at most, and mappings and lists in each other.
    package static let limits = DocumentLimits(bytes: 1 << 20, depth: 24)

    /// As messages name it.
    package let name: String
    /// What the paths in it start from, and must not lead out of.
    package let folder: String
    package let text: String

    package init(name: String, folder: String, text: String) {
        self.name = name
        self.folder = folder
        self.text = text
    }
}

extension Declaration {
    /// Reads the section `pipeline`, which is another room's.
    package typealias PipelineReader = (_ value: DocumentValue, _ place: String) throws(ControlError) -> Void

    /// All files together. Throws for the first thing that is wrong, with its line, and for what is declared twice.
    ///
    /// - Parameter space: where what names no space is.
    package static func read(
        _ files: [DeclarationFile], space: String, pipeline: PipelineReader = acceptPipeline
    ) throws(DeclarationError) -> Declaration {
        var all = Declaration()
        for file in files {
            var reader = DeclarationReader(file: file, document: try file.document(), space: space)
            try reader.read(pipeline)
            all.take(reader.declaration)
        }
        try all.refuseDuplicates()
        return all
    }

    package static func acceptPipeline(_ value: DocumentValue, _ place: String) throws(ControlError) {
        guard case .mapping = value else {
            throw DocumentFields.wrong(place, "a mapping of names to values", value)
        }
    }

    private mutating func take(_ other: Declaration) {
        spaces += other.spaces
        dataSets += other.dataSets
        models += other.models
        deployments += other.deployments
        monitors += other.monitors
        sections.formUnion(other.sections)
    }

    private func refuseDuplicates() throws(DeclarationError) {
        try Self.refuseDuplicates(spaces) { ("the space '\($0.name)'", $0.place) }
        try Self.refuseDuplicates(dataSets) { ("the data set '\($0.name)' of space '\($0.space)'", $0.place) }
        try Self.refuseDuplicates(models) { ("the model '\($0.name)' of space '\($0.space)'", $0.place) }
        try Self.refuseDuplicates(deployments) { ("the endpoint '\($0.endpoint)' of space '\($0.space)'", $0.place) }
        try Self.refuseDuplicates(monitors) {
            ("the monitor of '\($0.endpoint)' in space '\($0.space)'", $0.place)
        }
        try Self.refuseDuplicates(models.filter { $0.file != nil }) {
            ("a file for the model '\($0.name)', whose name is one on the whole server,", $0.place)
        }
    }

    private static func refuseDuplicates<Item>(
        _ items: [Item], _ words: (Item) -> (String, SourcePlace)
    ) throws(DeclarationError) {
        var seen: [String: SourcePlace] = [:]
        for item in items {
            let (what, place) = words(item)
            if let first = seen[what] {
                throw DeclarationError(
                    place, "\(what) is declared a second time", hint: "the first time was at \(first)")
            }
            seen[what] = place
        }
    }
}

extension DeclarationFile {
    fileprivate func document() throws(DeclarationError) -> PlacedDocument {
        do {
            return try DocumentText.placed(yaml: text, what: "file", limits: Self.limits)
        } catch {
            throw DeclarationError(SourcePlace(file: name, line: error.line), error.error)
        }
    }
}
