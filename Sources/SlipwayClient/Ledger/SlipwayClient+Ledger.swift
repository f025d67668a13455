public import ManagementAPI
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// What was asked of an endpoint and what it answered.
extension SlipwayClient {
    /// How much of the endpoint's predictions is written down, and since when.
    public func ledger(of endpoint: String) async throws(ClientError) -> LedgerInfo {
        try await receive(.get(ledgerPath(endpoint), "show the ledger of \(endpoint)"))
    }

    /// Hands the predictions that are written down to `body`, piece by piece as they come.
    public func exportLedger(
        of endpoint: String, _ format: LedgerFileFormat = .jsonl, _ filter: LedgerFilter = LedgerFilter(),
        _ body: @escaping @Sendable ([UInt8]) throws -> Void
    ) async throws(ClientError) {
        let call = exportCall(endpoint, format, filter)
        let answer = try await transport.send(call, into: PieceReceiver(take: body))
        guard answer.status == 200 else { throw refusal(answer, call.operation) }
    }

    /// Writes the predictions that are written down into a file, which comes into being whole or not at all.
    ///
    /// - Returns: the file's size in bytes.
    @discardableResult
    public func exportLedger(
        of endpoint: String, _ format: LedgerFileFormat = .jsonl, _ filter: LedgerFilter = LedgerFilter(),
        to path: String
    ) async throws(ClientError) -> Int {
        let file = try PartialFile(path)
        do throws(ClientError) {
            let size = Mutex(0)
            let receiver = PieceReceiver { piece in
                try piece.withUnsafeBytes { try file.write($0) }
                size.withLock { $0 += piece.count }
            }
            let call = exportCall(endpoint, format, filter)
            let answer = try await transport.send(call, into: receiver)
            guard answer.status == 200 else { throw refusal(answer, call.operation) }
            try file.finish()
            return size.withLock { $0 }
        } catch {
            file.abandon()
            throw error
        }
    }

    /// Deletes each prediction in which an element of the field, an input or an output, is the value.
    public func forget(
        field: String, equals value: String, in endpoint: String
    ) async throws(ClientError) -> ForgetAnswer {
        var call = Call.change(.POST, ledgerPath(endpoint) + "/forget", "delete rows from the ledger of \(endpoint)")
        call.body = try encode(ForgetRequest(field: field, equals: value))
        call.timeout = nil
        return try await receive(call)
    }

    private func ledgerPath(_ endpoint: String) -> String {
        spacePath("/deployments/\(ServerAddress.encode(endpoint))/ledger")
    }

    private func exportCall(_ endpoint: String, _ format: LedgerFileFormat, _ filter: LedgerFilter) -> Call {
        var call = Call.get(ledgerPath(endpoint) + "/rows", "export the ledger of \(endpoint)")
        call.query = [("format", format.rawValue)] + filter.query
        call.timeout = nil
        return call
    }
}

/// Hands on what comes, piece by piece. An answer that is cut off ends in an error of the transport's.
private final class PieceReceiver: AnswerSink {
    private let body: @Sendable ([UInt8]) throws -> Void

    init(take body: @escaping @Sendable ([UInt8]) throws -> Void) { self.body = body }

    func begin(length: Int?) throws(ClientError) {}

    func take(_ piece: ByteBuffer) async throws {
        try await NIOThreadPool.singleton.runIfActive { [body] in try body(Array(piece.readableBytesView)) }
    }

    func end() throws(ClientError) {}
}
