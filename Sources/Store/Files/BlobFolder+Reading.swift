import Crypto
import Foundation
import Journal
import Registry

extension BlobFolder: BlobReading {
    func readBlob(
        _ sha256: String, _ body: (UnsafeRawBufferPointer) throws(ControlError) -> Void
    ) throws(ControlError) {
        var hasher = SHA256()
        // Rotten bytes may look like anything: what `body` makes of them counts only once they are known to be right.
        var refusal: ControlError?
        do {
            _ = try Hashing.read(path(sha256)) { piece in
                hasher.update(bufferPointer: piece)
                guard refusal == nil else { return }
                do throws(ControlError) { try body(piece) } catch { refusal = error }
            }
        } catch {
            if (error as? SystemError)?.number == ENOENT {
                suspect(sha256)
                throw rotten(sha256, "its file is missing")
            }
            throw .file(error)
        }
        let found = hasher.finalize().hexadecimal
        guard found == sha256 else {
            suspect(sha256)
            throw rotten(sha256, "its bytes have SHA-256 \(found)")
        }
        if let refusal { throw refusal }
    }

    private func rotten(_ sha256: String, _ what: String) -> ControlError {
        ControlError(
            .digestMismatch, "digest mismatch of the stored file \(sha256): \(what)",
            hint: "push the same file again to repair it, or restore it from a backup")
    }
}
