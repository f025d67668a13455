import Foundation
import Journal

/// A pointer of Git LFS: the few lines that are checked in instead of a large file.
///
/// The form is that of the project's specification: keys in order, `version` first, then `oid sha256:` and 64 digits, and
/// `size` in bytes, each on a line of its own.
package struct LFSPointer: Sendable, Hashable {
    /// A pointer has fewer bytes than this.
    package static let mostBytes = 1024

    private static let versions = [
        "version https://git-lfs.github.com/spec/v1", "version https://hawser.github.com/spec/v1",
    ]

    /// SHA-256 of the file that it stands for, 64 hexadecimal digits.
    package let sha256: String
    /// Bytes of that file.
    package let size: Int

    /// `nil` for what is no pointer.
    package init?(_ content: [UInt8]) {
        guard content.count < Self.mostBytes, let text = String(validating: content, as: UTF8.self),
            text.hasSuffix("\n")
        else { return nil }
        let lines = text.dropLast().split(separator: "\n", omittingEmptySubsequences: false)
        guard let version = lines.first, Self.versions.contains(String(version)) else { return nil }
        var digest: String?
        var size: Int?
        for line in lines.dropFirst() {
            let words = line.split(separator: " ", maxSplits: 1)
            guard words.count == 2 else { return nil }
            switch words[0] {
            case "oid":
                guard words[1].hasPrefix("sha256:") else { return nil }
                digest = String(words[1].dropFirst("sha256:".count))
            case "size": size = Int(words[1])
            default: continue  // extensions
            }
        }
        guard let digest, let bytes = [UInt8](hexadecimal: digest), bytes.count == 32, let size, size >= 0 else {
            return nil
        }
        self.sha256 = digest
        self.size = size
    }

    /// Reads a file that may be one; `nil` for what is none, or cannot be read.
    static func read(_ path: String, size: Int) -> LFSPointer? {
        guard size < mostBytes, let file = FileHandle(forReadingAtPath: path) else { return nil }
        defer { try? file.close() }
        guard let content = try? file.read(upToCount: mostBytes) else { return nil }
        return LFSPointer(Array(content))
    }

    /// Why a run goes no further.
    static func refusal(_ path: String, _ pointer: LFSPointer, field: String = "repository") -> ControlError {
        ControlError(
            .refused,
            "'\(Name.excerpt(of: path))' is a pointer of Git LFS, not the file of \(pointer.size) bytes that it stands for",
            field: field,
            hint: "large files are not fetched from LFS: check the file in as it is (`git lfs migrate export`), "
                + "or have a CI push it with `slipway model push`")
    }
}
