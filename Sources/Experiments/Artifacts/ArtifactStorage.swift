package import Journal

/// Keeps the bytes of artifacts.
package protocol ArtifactStorage: Sendable {
    /// Begins to receive an artifact, whose digest nobody knows before its end.
    ///
    /// - Parameter declaredSize: what the client says; refused at once where that does not fit.
    func beginArtifact(
        _ place: ArtifactPath, space: String, declaredSize: Int?, principal: Principal
    ) async throws(ControlError) -> any ArtifactUpload

    /// Opens stored bytes: what opened them can read to the end, even when nothing refers to them any more.
    func openArtifact(_ entry: ArtifactEntry) async throws(ControlError) -> any ArtifactFile
}

/// One artifact on its way in. Exactly one of `finish` and `abandon` ends it; an upload that is dropped is abandoned.
package protocol ArtifactUpload: AnyObject, Sendable {
    /// Takes the next bytes; returns when they may be forgotten. An error ends the upload.
    func append(_ bytes: [UInt8]) async throws(ControlError)

    /// Makes bytes and index durable together: from here on the owner has the artifact, in place of an earlier one at the
    /// same path. Throws `notFound` when the owner has gone meanwhile.
    func finish() async throws(ControlError) -> ArtifactEntry

    /// Removes what was received.
    func abandon() async
}

/// Stored bytes on their way out.
package protocol ArtifactFile: AnyObject, Sendable {
    var size: Int { get }
    /// The next bytes, a piece of bounded size; `nil` after the last. Throws `digestMismatch` before the last piece when the
    /// bytes are not those that were stored, so that nobody takes rotten bytes for a whole artifact.
    func next() async throws(ControlError) -> [UInt8]?
}
