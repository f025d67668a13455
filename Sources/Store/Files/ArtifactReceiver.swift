import Experiments
import Journal

extension BlobFolder: ArtifactStorage {
    func beginArtifact(
        _ place: ArtifactPath, space: String, declaredSize: Int?, principal: Principal
    ) async throws(ControlError) -> any ArtifactUpload {
        ArtifactReceiver(
            place, space: space,
            receiver: try await receive(
                BlobOrder(space: space, sha256: nil, declaredSize: declaredSize, principal: principal)))
    }

    func openArtifact(_ entry: ArtifactEntry) async throws(ControlError) -> any ArtifactFile {
        try await threads.run { () throws(ControlError) in
            do { return try StoredArtifact(entry, self) } catch { throw .file(error) }
        }
    }
}

/// An artifact on its way in: a blob whose row and whose owner's row commit together, so that no collection finds it
/// between the two.
final class ArtifactReceiver: ArtifactUpload {
    private let place: ArtifactPath
    private let space: String
    private let receiver: BlobReceiver

    init(_ place: ArtifactPath, space: String, receiver: BlobReceiver) {
        self.place = place
        self.space = space
        self.receiver = receiver
    }

    func append(_ bytes: [UInt8]) async throws(ControlError) { try await receiver.append(bytes) }

    func finish() async throws(ControlError) -> ArtifactEntry {
        let (sha256, size) = try await receiver.finish { [place, space] transaction, sha256, size in
            try ArtifactService.admit(place, space, transaction)
            try transaction.put(ArtifactEntry(path: place.path, sha256: sha256, size: size), of: place.owner)
        }
        return ArtifactEntry(path: place.path, sha256: sha256, size: size)
    }

    func abandon() async { await receiver.abandon() }
}
