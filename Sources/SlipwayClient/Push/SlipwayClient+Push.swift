public import ManagementAPI
import NIOHTTP1

/// How far a push has come.
public enum PushProgress: Sendable, Hashable {
    /// Reading the files to know their digests: bytes read of all.
    case hashing(done: Int, total: Int)
    /// Sending what the server does not have: bytes sent of all that has to be.
    case uploading(done: Int, total: Int)
    /// All bytes are there; the server loads the model in a process of its own to see whether it works.
    case checking
}

/// What a push came to.
public struct PushResult: Sendable, Hashable {
    /// The version that was made, or that has the same content.
    public let version: VersionInfo
    /// Whether a version was made; otherwise the latest one has the same content already.
    public let isNew: Bool
    /// Bytes of all files, and how many of them had to be sent.
    public let size: Int
    public let sent: Int
    /// Hidden files that stayed behind.
    public let leftOut: [String]
}

extension SlipwayClient {
    /// Sends a model file, or a folder with a model and the files it needs, as the next version of a model.
    ///
    /// Files are hashed first; those that the server has already are not sent again. Memory stays bounded whatever
    /// their size.
    ///
    /// - Parameters:
    ///   - golden: a file with requests that the version brings along, perhaps with the answers that it must give; it
    ///     becomes the version's `golden.json`. A folder may as well have one in it.
    ///   - run: the retraining run that pushes.
    ///   - reference: a profile of the rows that drift is measured against, as `slipway model push --reference` makes it;
    ///     it becomes the version's `reference.profile`.
    ///   - progress: called often, from any thread.
    public func push(
        _ path: String, as model: String, golden: String? = nil, reference: String? = nil,
        metrics: [String: Double]? = nil,
        tags: [String: String]? = nil,
        gitCommit: String? = nil, dataset: String? = nil, run: Int? = nil,
        progress: @escaping @Sendable (PushProgress) -> Void = { _ in }
    ) async throws(ClientError) -> PushResult {
        var artifact = try Artifact(path: path)
        if let golden { try artifact.add(golden: golden) }
        if let reference { try artifact.add(reference: reference) }
        let entries = try await digests(of: artifact, progress)
        let sent = try await upload(artifact, entries, progress)
        progress(.checking)
        let request = PushRequest(
            files: entries, metrics: metrics, tags: tags, gitCommit: gitCommit, dataset: dataset, run: run)
        let response = try await createVersion(of: model, request)
        return PushResult(
            version: response.version, isNew: response.isNew, size: artifact.size, sent: sent,
            leftOut: artifact.leftOut)
    }

    private func digests(
        of artifact: Artifact, _ progress: @escaping @Sendable (PushProgress) -> Void
    ) async throws(ClientError) -> [FileEntry] {
        let total = artifact.size
        var entries: [FileEntry] = []
        var before = 0
        for file in artifact.files {
            let start = before
            let (sha256, size) = try await FileDigest.sha256(file.location) { read in
                progress(.hashing(done: min(start + read, total), total: total))
            }
            entries.append(FileEntry(path: file.path, sha256: sha256, size: size))
            before += size
        }
        return entries
    }

    /// Sends each distinct content that the server does not have; answers how many bytes that were.
    private func upload(
        _ artifact: Artifact, _ entries: [FileEntry], _ progress: @escaping @Sendable (PushProgress) -> Void
    ) async throws(ClientError) -> Int {
        var seen: Set<String> = []
        var missing: [(entry: FileEntry, location: String)] = []
        for (entry, file) in zip(entries, artifact.files) where seen.insert(entry.sha256).inserted {
            if try await !hasBlob(entry.sha256) { missing.append((entry, file.location)) }
        }
        let total = missing.reduce(0) { $0 + $1.entry.size }
        var before = 0
        for (entry, location) in missing {
            let start = before
            _ = try await uploadBlob(entry, from: location) { sent in
                progress(.uploading(done: start + sent, total: total))
            }
            before += entry.size
        }
        return total
    }

    /// Whether the server holds these bytes for this space already.
    public func hasBlob(_ sha256: String) async throws(ClientError) -> Bool {
        let call = Call(
            method: .HEAD, path: spacePath("/blobs/\(ServerAddress.encode(sha256))"), isRepeatable: true,
            operation: "look for a file's bytes")
        let answer = try await transport.send(call)
        switch answer.status {
        case 200..<300: return true
        case 404: return false
        // Who may not ask hears why when the bytes are sent: a HEAD answer has no body that could say it.
        case 401, 403: return false
        default:
            throw .unexpectedAnswer(server: server, what: "status \(answer.status) when asked to \(call.operation)")
        }
    }

    /// Sends one file's bytes. A broken connection starts it again from the first byte.
    func uploadBlob(
        _ entry: FileEntry, from location: String, progress: @escaping @Sendable (Int) -> Void
    ) async throws(ClientError) -> BlobInfo {
        var call = Call.change(.PUT, spacePath("/blobs/\(entry.sha256)"), "take \(entry.path)")
        call.timeout = nil
        call.body = .file(FileBody(location: location, size: entry.size, progress: progress))
        return try await receive(call)
    }
}
