public import ManagementAPI
import NIOCore
import NIOHTTP1

/// What a push of a data set came to.
public struct DataSetPushResult: Sendable, Hashable {
    /// The version that was made, or that has the same bytes.
    public let dataSet: DataSetInfo
    public let isNew: Bool
    /// Bytes that had to be sent: 0 when the server had them already.
    public let sent: Int
}

extension SlipwayClient {
    /// Sends a CSV or JSON Lines file as the next version of a data set.
    ///
    /// The file is hashed first; bytes that the server has already are not sent again. Memory stays bounded whatever its
    /// size.
    ///
    /// - Parameters:
    ///   - format: `nil` tells it by the file's name: `.jsonl`, `.ndjson` or `.json` are JSON Lines, all else is CSV.
    ///   - schema: what the columns must be; `nil` lets the server find it out.
    ///   - progress: called often, from any thread.
    public func pushDataSet(
        _ path: String, as name: String, format: DataFileFormat? = nil, schema: DataSchema? = nil,
        progress: @escaping @Sendable (PushProgress) -> Void = { _ in }
    ) async throws(ClientError) -> DataSetPushResult {
        let file = try OpenFile(path)
        guard file.size > 0 else { throw .file(path: path, problem: "is empty", hint: "was it saved completely?") }
        let (sha256, size) = try await FileDigest.sha256(path) { progress(.hashing(done: $0, total: file.size)) }
        var sent = 0
        if try await !hasBlob(sha256) {
            let entry = FileEntry(path: path, sha256: sha256, size: size)
            _ = try await uploadBlob(entry, from: path) { progress(.uploading(done: $0, total: size)) }
            sent = size
        }
        progress(.checking)
        let request = DataSetPushRequest(
            name: name, sha256: sha256, size: size, format: format ?? Self.format(ofFile: path), schema: schema)
        var call = Call.change(.POST, spacePath("/datasets"), "read and register the data set")
        call.body = try encode(request)
        let response: DataSetPushResponse = try await receive(call)
        return DataSetPushResult(dataSet: response.dataSet, isNew: response.isNew, sent: sent)
    }

    static func format(ofFile path: String) -> DataFileFormat {
        let name = path.lowercased()
        return [".jsonl", ".ndjson", ".json"].contains { name.hasSuffix($0) } ? .jsonl : .csv
    }

    /// One page of the latest versions of the space's data sets, by name; `after` is the `next` of the page before.
    public func dataSets(limit: Int? = nil, after: String? = nil) async throws(ClientError) -> Page<DataSetInfo> {
        try await receive(page(.get(spacePath("/datasets"), "list the data sets"), limit, after))
    }

    /// One page of a data set's versions, newest first.
    public func dataSetVersions(
        of name: String, limit: Int? = nil, after: String? = nil
    ) async throws(ClientError) -> Page<DataSetInfo> {
        try await receive(
            page(.get(dataSetPath(name) + "/versions", "list the versions of \(name)"), limit, after))
    }

    /// One version of a data set, the latest unless given.
    public func dataSet(_ name: String, version: Int? = nil) async throws(ClientError) -> DataSetInfo {
        let number = version.map { String($0) } ?? "latest"
        return try await receive(
            .get(dataSetPath(name) + "/versions/\(number)", "show the data set \(name)"))
    }

    /// Rules for a data gate, as this version of a data set suggests them.
    public func dataSetRules(_ name: String, version: Int? = nil) async throws(ClientError) -> DataRules {
        let number = version.map { String($0) } ?? "latest"
        var call = Call.get(
            dataSetPath(name) + "/versions/\(number)/rules", "read rules out of the data set \(name)")
        call.timeout = .minutes(5)
        return try await receive(call)
    }

    private func dataSetPath(_ name: String) -> String { spacePath("/datasets/\(ServerAddress.encode(name))") }
}
