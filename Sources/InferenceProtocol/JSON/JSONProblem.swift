/// What is wrong with a body, while the readers are still finding their way out of it: each adds the part of the
/// field's path that it knows, and the outermost turns it into a `ProtocolError`.
package struct JSONProblem: Error {
    private(set) var path = ""
    package let sentence: String
    package private(set) var offset: Int?
    /// Whether a list has too few or too many elements: whoever knows the whole shape says that better.
    private(set) var isAboutCount = false

    package init(_ sentence: String, at offset: Int? = nil) {
        self.sentence = sentence
        self.offset = offset
    }

    /// The same problem, seen from the object or list around it: `within("inputs")` of `[0].shape`.
    package consuming func within(_ outer: String) -> JSONProblem {
        if path.isEmpty || path.hasPrefix("[") {
            path = outer + path
        } else {
            path = outer + "." + path
        }
        return self
    }

    /// The same problem, with its place when it had none.
    consuming func at(_ place: Int) -> JSONProblem {
        if offset == nil { offset = place }
        return self
    }

    static var count: JSONProblem {
        var problem = JSONProblem("wrong number of elements")
        problem.isAboutCount = true
        return problem
    }

    /// Of the whole body, whose reader this is the outermost of.
    package var protocolError: ProtocolError {
        var message = path.isEmpty ? sentence : path + ": " + sentence
        if let offset { message += " (at byte \(offset))" }
        return ProtocolError(message, field: path.isEmpty ? nil : path, offset: offset)
    }
}
