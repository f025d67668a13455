public import ManagementAPI

/// What files are before they are sent: their digests, as a push finds them out.
public enum FileDigests {
    /// SHA-256 of a file, 64 hexadecimal digits.
    public static func sha256(of path: String) async throws(ClientError) -> String {
        try await FileDigest.sha256(path) { _ in }.sha256
    }

    /// The files that a push of `path` would send; golden inputs and reference as `SlipwayClient.push` takes them.
    public static func entries(
        of path: String, golden: String? = nil, reference: String? = nil
    ) async throws(ClientError) -> [FileEntry] {
        var artifact = try Artifact(path: path)
        if let golden { try artifact.add(golden: golden) }
        if let reference { try artifact.add(reference: reference) }
        var entries: [FileEntry] = []
        for file in artifact.files {
            let (sha256, size) = try await FileDigest.sha256(file.location) { _ in }
            entries.append(FileEntry(path: file.path, sha256: sha256, size: size))
        }
        return entries
    }
}
