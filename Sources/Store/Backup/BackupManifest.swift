import Foundation
import Journal
import Registry

/// What is in a backup: its first file. Every other file stands here with its digest, in the order of the archive.
struct BackupManifest: Codable, Sendable, Hashable {
    static let form = "slipway-backup-1"
    static let name = "manifest.json"
    /// The archive's last file: the SHA-256 of every byte before its own header, in hexadecimal, and a line end.
    static let sealName = "archive.sha256"
    static let sealSize = 65
    /// Larger ones are refused before they are read; it is enough for about a million blobs.
    static let maximumSize = 256 << 20

    struct File: Codable, Sendable, Hashable {
        let path: String
        let size: Int
        let sha256: String
    }

    /// The form of the archive; an archive of another form is refused.
    let format: String
    /// When it was begun: RFC 3339, UTC.
    let createdAt: String
    /// The schema of its database.
    let schema: Int
    let generation: Int
    let files: [File]

    /// Whether a path is one that a backup may have: nothing that leads anywhere else, nothing twice.
    static func isKnown(_ file: File) -> Bool {
        switch file.path {
        case DataFolder.databaseName, DataFolder.auditKeyName, DataFolder.auditHeadsName, DataFolder.usageName: true
        default: file.path == blobPath(file.sha256) && Manifest.isDigest(file.sha256)
        }
    }

    static func blobPath(_ sha256: String) -> String { "blobs/sha256/\(sha256.prefix(2))/\(sha256)" }

    /// Bytes of the whole archive whose manifest has `size` bytes; `nil` when that is no number.
    func archiveSize(manifest size: Int) -> Int? {
        var total = TarHeader.end.count
        for size in [size, Self.sealSize] + files.map(\.size) {
            guard let space = TarHeader.space(size) else { return nil }
            let (sum, overflow) = total.addingReportingOverflow(space)
            guard !overflow else { return nil }
            total = sum
        }
        return total
    }

    func encoded() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return Array(try encoder.encode(self)) + [UInt8(ascii: "\n")]
    }
}
