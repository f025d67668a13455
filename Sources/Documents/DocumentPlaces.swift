package import Journal

/// How much a document may be.
package struct DocumentLimits: Sendable, Hashable {
    package var bytes: Int
    /// Mappings and lists in each other.
    package var depth: Int

    package init(bytes: Int, depth: Int) {
        self.bytes = bytes
        self.depth = depth
    }

    /// Of a document that is a page.
    package static let page = DocumentLimits(bytes: DocumentText.maximumBytes, depth: DocumentText.maximumDepth)

    var tooDeep: ControlError {
        ControlError(.invalid, "the policy has more than \(depth) lists and mappings in each other")
    }
}

/// In which lines of its file the parts of a document stand.
package struct DocumentPlaces: Sendable, Hashable {
    /// By path: `gates[2].metrics[0].min`. A line counts from 1.
    private let lines: [String: Int]

    package init(lines: [String: Int] = [:]) { self.lines = lines }

    /// The line of what stands at a path; where nothing does, of the nearest part around it.
    package func line(of field: String) -> Int? {
        var path = Substring(field)
        while !path.isEmpty {
            if let line = lines[String(path)] { return line }
            guard let cut = path.lastIndex(where: { $0 == "." || $0 == "[" }) else { return nil }
            path = path[..<cut]
        }
        return nil
    }
}

/// A document with where everything in it stands.
package struct PlacedDocument: Sendable, Hashable {
    package let value: DocumentValue
    package let places: DocumentPlaces
}

/// Why a document cannot be read, with the line where that is known.
package struct DocumentFault: Error, Sendable, Hashable {
    package let error: ControlError
    package let line: Int?

    init(_ error: ControlError, line: Int? = nil) {
        self.error = error
        self.line = line
    }

    static func tooLarge(_ bytes: Int, _ limits: DocumentLimits) -> DocumentFault {
        DocumentFault(ControlError(.tooLarge, "the policy has \(bytes) bytes, at most \(limits.bytes)"))
    }
}

extension DocumentText {
    /// A document of several pages, with its lines: for files whose refusals name them.
    ///
    /// - Parameter what: what it is called in messages: `file`.
    package static func placed(
        yaml text: String, what: String, limits: DocumentLimits
    ) throws(DocumentFault) -> PlacedDocument {
        do { return try placed(yaml: text, limits: limits) } catch {
            throw DocumentFault(error.error.about(what), line: error.line)
        }
    }
}
