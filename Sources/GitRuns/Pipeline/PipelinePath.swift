import Documents
package import Journal

/// Paths in a checkout, as a pipeline names them.
package enum PipelinePath {
    private static let mostBytes = 1024

    /// The path as it came; throws `invalid` for one that could mean a place outside of the checkout, or Git's own files.
    package static func check(_ path: String, field: String) throws(ControlError) -> String {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        let isPlain = path.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F && $0 != UInt8(ascii: "\\") }
        guard !path.isEmpty, path.utf8.count <= mostBytes, isPlain,
            parts.allSatisfy({ !$0.isEmpty && $0 != "." && $0 != ".." }), parts.first?.lowercased() != ".git"
        else {
            throw ControlError(
                .invalid, "'\(field)' is '\(Name.excerpt(of: path))', which is no path in the repository", field: field,
                hint: "relative to the top of the repository, with '/' between names, without '.' and '..'")
        }
        return path
    }

    static func read(_ name: String, _ fields: inout DocumentFields) throws(ControlError) -> String? {
        guard let path = try fields.text(name) else { return nil }
        return try check(path, field: fields.place(name))
    }
}
