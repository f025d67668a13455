public import ManagementAPI
import NIOHTTP1

extension SlipwayClient {
    /// Removes files that nothing refers to any more from the server's data folder.
    public func collect() async throws(ClientError) -> CollectionReport {
        try await receive(.change(.POST, "/api/v1/collect", "remove files that nothing refers to"))
    }

    /// Writes a backup of everything that the server keeps into a file, which comes into being whole or not at all;
    /// what was there before is replaced. The file holds the server's audit key: it is for its owner's eyes alone.
    ///
    /// - Parameter progress: called often, from any thread, with the bytes that have come of all.
    /// - Returns: the file's size in bytes.
    @discardableResult
    public func backup(
        to path: String, progress: @escaping @Sendable (_ done: Int, _ total: Int) -> Void = { _, _ in }
    ) async throws(ClientError) -> Int {
        let file = try PartialFile(path)
        do throws(ClientError) {
            let receiver = BackupReceiver(file, server: server, progress: progress)
            let answer = try await transport.send(Self.backupCall, into: receiver)
            guard answer.status == 200 else { throw refusal(answer, Self.backupCall.operation) }
            try file.finish()
            return receiver.size
        } catch {
            file.abandon()
            throw error
        }
    }

    private static var backupCall: Call {
        var call = Call.get("/api/v1/backup", "make a backup")
        // A server that broke off once, because a stored file is damaged, would do so again at the same place.
        call.isRepeatable = false
        call.timeout = nil
        return call
    }
}
