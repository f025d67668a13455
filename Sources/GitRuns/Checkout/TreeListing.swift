import Foundation
package import Journal

/// What a commit has in it, checked before any of it is written to disk.
package struct TreeListing: Sendable, Hashable {
    /// Files of a commit at most.
    package static let mostEntries = 100_000

    package let files: Int
    /// Bytes that all of its files have once they are checked out.
    package let bytes: Int

    /// Reads what `git ls-tree -r -l -z --full-tree COMMIT` printed: for each entry `MODE TYPE OBJECT SIZE`, a tab, the path
    /// and a zero byte.
    ///
    /// Throws `refused` for a submodule, for a name that git should never have taken, and for more entries or bytes than are
    /// allowed; `internalFailure` for what is no such listing.
    package init(output: [UInt8], mostBytes: Int) throws(ControlError) {
        var files = 0
        var bytes = 0
        for line in output.split(separator: 0, omittingEmptySubsequences: true) {
            let entry = try Entry(line)
            guard !entry.isSubmodule else { throw Self.submodule(entry.path) }
            try CheckoutPath.check(entry.path)
            guard entry.path != ".gitmodules" else { throw Self.submodule(entry.path) }
            files += 1
            guard files <= Self.mostEntries else {
                throw Checkout.refusal("it has more than \(Self.mostEntries) files")
            }
            let sum = bytes.addingReportingOverflow(entry.size)
            guard !sum.overflow, sum.partialValue <= mostBytes else {
                throw Checkout.refusal(
                    "its files have more than \(mostBytes) bytes", hint: "raise the pipeline's limit 'disk'")
            }
            bytes = sum.partialValue
        }
        self.files = files
        self.bytes = bytes
    }

    static func submodule(_ path: String) -> ControlError {
        Checkout.refusal(
            path == ".gitmodules"
                ? "it has submodules (there is a .gitmodules)"
                : "'\(Name.excerpt(of: path))' is a submodule",
            hint:
                "submodules are not followed: put what the run needs into the repository itself, and remove .gitmodules"
        )
    }

    private struct Entry {
        let isSubmodule: Bool
        let path: String
        let size: Int

        init(_ line: ArraySlice<UInt8>) throws(ControlError) {
            guard let tab = line.firstIndex(of: UInt8(ascii: "\t")) else { throw Self.unreadable }
            let words = line[..<tab].split(separator: UInt8(ascii: " ")).map { String(decoding: $0, as: UTF8.self) }
            guard words.count == 4 else { throw Self.unreadable }
            guard let path = String(validating: line[(tab + 1)...], as: UTF8.self) else {
                throw Checkout.refusal(
                    "the name '\(Name.excerpt(of: String(decoding: line[(tab + 1)...], as: UTF8.self)))' is not UTF-8")
            }
            self.path = path
            isSubmodule = words[1] == "commit" || words[0] == "160000"
            if isSubmodule {
                size = 0
            } else {
                guard let size = Int(words[3]), size >= 0 else { throw Self.unreadable }
                self.size = size
            }
        }

        private static let unreadable = ControlError(
            .internalFailure, "git listed the commit in a form that is not known")
    }
}
