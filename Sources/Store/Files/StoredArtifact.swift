import Crypto
import Experiments
import Foundation
import Journal
import Synchronization

/// The bytes of one artifact on their way out: an open file, read and hashed a piece at a time.
final class StoredArtifact: ArtifactFile {
    private static let piece = 256 << 10

    private struct Reading {
        var descriptor: Int32
        var left: Int
        var hasher = SHA256()
    }

    let size: Int
    private let sha256: String
    private let blobs: BlobFolder
    private let reading: Mutex<Reading>

    /// Opens the file; blocks.
    init(_ entry: ArtifactEntry, _ blobs: BlobFolder) throws {
        let path = blobs.path(entry.sha256)
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else {
            if errno == ENOENT {
                blobs.suspect(entry.sha256)
                throw Self.rotten(entry.sha256, "its file is missing")
            }
            throw SystemError("open '\(path)'")
        }
        size = entry.size
        sha256 = entry.sha256
        self.blobs = blobs
        reading = Mutex(Reading(descriptor: descriptor, left: entry.size))
    }

    deinit {
        let descriptor = reading.withLock { $0.descriptor }
        close(descriptor)
    }

    func next() async throws(ControlError) -> [UInt8]? {
        try await blobs.threads.run { () throws(ControlError) in
            let result: Result<[UInt8]?, ControlError> = self.reading.withLock { reading in
                do { return .success(try self.read(&reading)) } catch { return .failure(.file(error)) }
            }
            return try result.get()
        }
    }

    private func read(_ reading: inout Reading) throws -> [UInt8]? {
        guard reading.left > 0 else { return nil }
        let wanted = min(reading.left, Self.piece)
        let descriptor = reading.descriptor
        let bytes = try [UInt8](unsafeUninitializedCapacity: wanted) { buffer, count in
            while count < wanted {
                let got = Foundation.read(descriptor, buffer.baseAddress.map { $0 + count }, wanted - count)
                if got < 0 {
                    if errno == EINTR { continue }
                    throw SystemError("read the blob \(sha256)")
                }
                guard got > 0 else { throw rotten("its file is too short") }
                count += got
            }
        }
        reading.hasher.update(data: bytes)
        reading.left -= wanted
        if reading.left == 0 {
            let found = reading.hasher.finalize().hexadecimal
            guard found == sha256 else { throw rotten("its bytes have SHA-256 \(found)") }
        }
        return bytes
    }

    private func rotten(_ what: String) -> ControlError {
        blobs.suspect(sha256)
        return Self.rotten(sha256, what)
    }

    private static func rotten(_ sha256: String, _ what: String) -> ControlError {
        ControlError(
            .digestMismatch, "digest mismatch of the stored file \(sha256): \(what)",
            hint: "log the same artifact again to repair it, or restore it from a backup")
    }
}
