import Foundation
import GRDB
import Journal
import Registry
import Runtimes
import Serving

/// Versions laid out for runtimes: `artifacts/DIGEST/`, a folder with the files and nothing else.
///
/// It is a cache: whatever is wrong in it is made again from the blobs, and every byte is hashed each time before a runtime
/// may see it. See docs/decisions/artifact-layout.md for when files are linked and when they are copied.
final class ArtifactFolder: Sendable {
    private let folder: DataFolder
    private let blobs: BlobFolder
    private let database: ControlDatabase
    private let turns = BlockingTurns()

    init(_ folder: DataFolder, _ blobs: BlobFolder, _ database: ControlDatabase) {
        self.folder = folder
        self.blobs = blobs
        self.database = database
    }

    private func path(_ digest: String) -> String { folder.artifacts + "/" + digest }

    /// Makes the layout beside and renames it, so that it is never seen half-made.
    private func make(_ reference: ArtifactReference, at path: String) throws {
        let temporary = folder.temporaryPath("layout")
        do {
            guard mkdir(temporary, 0o700) == 0 else { throw SystemError("make the folder '\(temporary)'") }
            for file in reference.files {
                let target = temporary + "/" + file.path
                try Self.makeParents(of: file.path, in: temporary)
                try FileCopy.bring(
                    blobs.path(file.sha256), to: target, mayLink: reference.files.count == 1, calls: folder.calls)
                try check(file, at: target, of: reference)
            }
            guard folder.calls.rename(temporary, path) == 0 else { throw SystemError("make '\(path)'") }
        } catch {
            try? FileManager.default.removeItem(atPath: temporary)
            throw error
        }
    }

    private static func makeParents(of path: String, in root: String) throws {
        var folder = root
        for part in path.split(separator: "/").dropLast() {
            folder += "/" + part
            if mkdir(folder, 0o700) != 0, errno != EEXIST { throw SystemError("make the folder '\(folder)'") }
        }
    }

    private func check(
        _ file: ArtifactReference.File, at path: String, of reference: ArtifactReference
    ) throws {
        let found = try Hashing.hash(path)
        guard found.sha256 == file.sha256, found.size == file.size else {
            blobs.suspect(file.sha256)
            throw mismatch(file, of: reference, "its \(found.size) bytes have SHA-256 \(found.sha256)")
        }
    }

    private func mismatch(
        _ file: ArtifactReference.File, of reference: ArtifactReference, _ what: String
    ) -> ControlError {
        let versions = labels(of: reference.digest)
        let owner = versions.isEmpty ? "" : " of \(versions.joined(separator: ", "))"
        return ControlError(
            .digestMismatch,
            "digest mismatch: the stored file '\(file.path)'\(owner) should have SHA-256 \(file.sha256), but \(what)",
            hint: "push the same files again to repair it; `slipway doctor --verify` checks everything")
    }

    /// Whether the layout is complete, exact, and has nothing else in it.
    private func isIntact(_ reference: ArtifactReference, at path: String) -> Bool {
        guard let found = try? FileManager.default.subpathsOfDirectory(atPath: path) else { return false }
        let expected = Dictionary(reference.files.map { ($0.path, $0) }) { first, _ in first }
        var seen = 0
        for name in found {
            var status = stat()
            guard lstat(path + "/" + name, &status) == 0 else { return false }
            if status.st_mode & S_IFMT == S_IFDIR { continue }
            guard let file = expected[name], let hash = try? Hashing.hash(path + "/" + name),
                hash.sha256 == file.sha256, hash.size == file.size
            else { return false }
            // A link where a copy belongs: a runtime may refuse it as external data.
            if reference.files.count > 1, status.st_nlink != 1 { return false }
            seen += 1
        }
        return seen == expected.count
    }

    /// `churn:3` for each version with this digest.
    private func labels(of digest: String) -> [String] {
        (try? database.pool.read { try StoredTransaction($0, database).labels(digest: digest) }) ?? []
    }
}

extension ArtifactFolder: ArtifactStore {
    func layOut(_ reference: ArtifactReference) throws(ControlError) -> ModelArtifact {
        // The reference may have travelled: its paths become paths of ours only after they were checked here.
        let manifest = try Manifest(reference.files)
        guard manifest.digest == reference.digest else {
            throw ControlError(.invalid, "digest \(Name.excerpt(of: reference.digest)) is not that of the files given")
        }
        let modelFile = try ModelFormat.modelFile(among: manifest.files)
        let path = path(reference.digest)
        do {
            try turns.take(reference.digest) {
                if isIntact(reference, at: path) { return }
                if access(path, F_OK) == 0 { try FileManager.default.removeItem(atPath: path) }
                try make(reference, at: path)
            }
        } catch let error as SystemError where error.number == ENOENT {
            for file in manifest.files where access(blobs.path(file.sha256), F_OK) != 0 {
                blobs.suspect(file.sha256)
                throw mismatch(file, of: reference, "it is missing")
            }
            throw error.controlError
        } catch { throw .file(error) }
        return ModelArtifact(digest: reference.digest, directory: path, modelFile: modelFile)
    }

    func locate(_ reference: ArtifactReference) throws(ModelLoadError) -> ModelArtifact {
        do {
            return try layOut(reference)
        } catch {
            let reason: ModelLoadError.Reason =
                switch error.code {
                case .digestMismatch: .digestMismatch
                case .notAModel: .unsupportedFormat
                case .invalid: .invalidModel
                default: .fileMissing
                }
            throw ModelLoadError(reason, error.message)
        }
    }

    func discard(_ reference: ArtifactReference) {
        guard Manifest.isDigest(reference.digest) else { return }
        try? turns.take(reference.digest) {
            guard labels(of: reference.digest).isEmpty else { return }
            try FileManager.default.removeItem(atPath: path(reference.digest))
        }
    }
}
