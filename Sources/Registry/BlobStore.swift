package import Journal

/// Bytes by their SHA-256 (64 lower-case hexadecimal digits).
///
/// A space holds a blob once somebody sent all its bytes there: that another space holds it gives nobody access to it.
package protocol BlobStore: Sendable {
    /// The size in bytes when this space holds the blob; `nil` when it has to be sent.
    func contains(_ sha256: String, space: String) async throws(ControlError) -> Int?

    /// Begins to receive a blob. Any number of uploads may run at once, of the same bytes too.
    func beginUpload(
        space: String, sha256: String, declaredSize: Int?, principal: Principal
    ) async throws(ControlError) -> any BlobUpload
}

/// One blob on its way in. Exactly one of `finish` and `abandon` ends it; an upload that is dropped is abandoned.
package protocol BlobUpload: AnyObject, Sendable {
    /// Takes the next bytes; returns when they may be forgotten. An error ends the upload.
    func append(_ bytes: [UInt8]) async throws(ControlError)

    /// Checks the digest and makes the blob durable: file, folder, then the row that names it. Returns its size.
    func finish() async throws(ControlError) -> Int

    /// Removes what was received.
    func abandon() async
}
