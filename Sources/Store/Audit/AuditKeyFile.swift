import Foundation
import Journal

/// `audit.key` in the data folder: the key that heads of the audit chain are signed with. Made at the first start, for its
/// owner's eyes alone.
enum AuditKeyFile {
    /// 64 digits and a line end; anything longer is no key of ours.
    private static let longest = 128

    /// Reads the key, or makes one where there is none yet.
    static func open(_ folder: DataFolder) throws(StoreError) -> AuditSigner {
        let path = folder.auditKey
        do {
            if let text = try read(path) {
                guard let signer = AuditSigner(secret: text.trimmingCharacters(in: .whitespacesAndNewlines)) else {
                    throw StoreError(
                        .corrupt, folder: folder.path, message: "'\(path)' is not a key of Slipway's",
                        hint: "restore it from a backup; nothing in the folder was changed")
                }
                return signer
            }
            if try AuditHeadFile(folder.auditHeads, calls: folder.calls).hasHeads {
                // A new key would turn everything that was signed into an accusation.
                throw StoreError(
                    .corrupt, folder: folder.path,
                    message: "'\(path)' is missing, but '\(folder.auditHeads)' has heads that were signed with it",
                    hint: "restore the key from a backup; to begin anew, give audit-heads.jsonl to the auditors")
            }
            return try make(folder)
        } catch let error as StoreError {
            throw error
        } catch { throw DataFolder.notUsable(folder.path, error) }
    }

    private static func read(_ path: String) throws -> String? {
        let file = Foundation.open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        if file < 0, errno == ENOENT { return nil }
        guard file >= 0 else { throw SystemError("open '\(path)'") }
        defer { close(file) }
        var buffer = [UInt8](repeating: 0, count: longest)
        let count = Foundation.read(file, &buffer, buffer.count)
        guard count >= 0 else { throw SystemError("read '\(path)'") }
        return String(decoding: buffer.prefix(count), as: UTF8.self)
    }

    private static func make(_ folder: DataFolder) throws -> AuditSigner {
        let signer = AuditSigner()
        // Beside `tmp`, which is only emptied later: the same name each time, so that a crash leaves one at most.
        let temporary = folder.auditKey + ".new"
        unlink(temporary)
        let file = Foundation.open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else { throw SystemError("make '\(temporary)'") }
        do {
            defer { close(file) }
            try Array((signer.secret + "\n").utf8).withUnsafeBytes {
                try folder.calls.writeAll($0, to: file, path: temporary)
            }
            try folder.calls.sync(file, path: temporary)
        }
        guard folder.calls.rename(temporary, folder.auditKey) == 0 else {
            throw SystemError("make '\(folder.auditKey)'")
        }
        try folder.calls.syncFolder(folder.path)
        return signer
    }
}
