import Foundation
import Governance
import Journal
import Serving

/// Hashes the stored bytes of versions again, beside everything else that the store does.
struct VersionRehash: VersionHashing {
    let blobs: BlobFolder
    let threads: BlockingThreads

    func rehash(
        _ artifact: ArtifactReference, progress: @escaping @Sendable (Int) -> Void
    ) async throws(ControlError) -> (bytes: Int, problems: [String]) {
        let blobs = self.blobs
        return try await threads.run { () throws(ControlError) in
            var bytes = 0
            var problems: [String] = []
            for (index, file) in artifact.files.enumerated() {
                if let problem = try Self.check(file, blobs, &bytes) { problems.append(problem) }
                progress(index + 1)
            }
            return (bytes, problems)
        }
    }

    /// What is wrong with a file, in a sentence.
    private static func check(
        _ file: ArtifactReference.File, _ blobs: BlobFolder, _ bytes: inout Int
    ) throws(ControlError) -> String? {
        do {
            let found = try Hashing.hash(blobs.path(file.sha256))
            bytes += found.size
            if found.sha256 == file.sha256, found.size == file.size { return nil }
            blobs.suspect(file.sha256)
            return
                "'\(file.path)' has changed since it was pushed: its \(found.size) bytes have SHA-256 \(found.sha256)"
        } catch {
            guard let system = error as? SystemError, system.number == ENOENT else { throw .database(error) }
            blobs.suspect(file.sha256)
            return "'\(file.path)' is missing"
        }
    }
}
