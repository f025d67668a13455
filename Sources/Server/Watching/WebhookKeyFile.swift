import Crypto
import Foundation
import Journal

/// `webhook.key` in the data folder: out of it each space's secret for webhooks is made. Made at the first start, for its
/// owner's eyes alone.
enum WebhookKeyFile {
    /// Reads the key, or makes one where there is none yet. Blocks.
    static func open(_ path: String) throws(ControlError) -> [UInt8] {
        if let data = FileManager.default.contents(atPath: path) {
            let text = String(decoding: data.prefix(256), as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
            guard let key = [UInt8](hexadecimal: text), key.count == 32 else {
                throw ControlError(
                    .internalFailure, "'\(path)' is not a key of Slipway's",
                    hint: "restore it from a backup, or remove it: then webhooks are signed with new secrets")
            }
            return key
        }
        let key = SymmetricKey(size: .bits256).withUnsafeBytes { Array($0) }
        try write(Data((key.hexadecimal + "\n").utf8), to: path)
        return key
    }

    private static func write(_ data: Data, to path: String) throws(ControlError) {
        let temporary = path + ".new"
        unlink(temporary)
        let file = Foundation.open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else { throw failure(path) }
        let count = data.withUnsafeBytes { Foundation.write(file, $0.baseAddress, $0.count) }
        let isSynced = fsync(file) == 0
        close(file)
        guard count == data.count, isSynced, rename(temporary, path) == 0 else { throw failure(path) }
    }

    private static func failure(_ path: String) -> ControlError {
        ControlError(.internalFailure, "'\(path)' cannot be written: \(String(cString: strerror(errno)))")
    }
}
