public import ManagementAPI
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension SlipwayClient {
    /// Makes predictions of the endpoint's ledger again with any version of its model.
    ///
    /// - Parameters:
    ///   - path: where each prediction is written as a line of JSON; the file comes into being whole or not at all.
    ///   - progress: told about once a second.
    public func replay(
        _ request: ReplayRequest, at endpoint: String, rowsTo path: String? = nil,
        progress: @escaping @Sendable (ReplayProgressInfo) -> Void = { _ in }
    ) async throws(ClientError) -> ReplayReport {
        let file: PartialFile? = if let path { try PartialFile(path) } else { nil }
        do throws(ClientError) {
            var request = request
            request.rows = file != nil
            var call = Call(
                method: .POST, path: spacePath("/deployments/\(ServerAddress.encode(endpoint))/ledger/replay"),
                isRepeatable: true, timeout: nil, operation: "replay the ledger of \(endpoint)")
            call.body = try encode(request)
            let receiver = ReplayReceiver(rows: file, progress: progress)
            let answer = try await transport.send(call, into: receiver)
            guard answer.status == 200 else { throw refusal(answer, call.operation) }
            let report = try receiver.report(server: server)
            try file?.finish()
            return report
        } catch {
            file?.abandon()
            throw error
        }
    }
}

/// Takes the lines of a replay apart as they come.
private final class ReplayReceiver: AnswerSink {
    private struct State {
        /// The beginning of a line whose end has not come.
        var rest = ByteBuffer()
        var last: ReplayLine?
        var problem: String?
    }

    /// Bytes of a line at most: one prediction with both answers.
    private static let longestLine = 64 << 20
    private static let rowPrefix = Array("{\"row\":".utf8)

    private let rows: PartialFile?
    private let progress: @Sendable (ReplayProgressInfo) -> Void
    private let state = Mutex(State())

    init(rows: PartialFile?, progress: @escaping @Sendable (ReplayProgressInfo) -> Void) {
        self.rows = rows
        self.progress = progress
    }

    func begin(length: Int?) throws(ClientError) {}

    func take(_ piece: ByteBuffer) async throws {
        try await NIOThreadPool.singleton.runIfActive { [self] in try takeNow(piece) }
    }

    func end() throws(ClientError) {}

    /// The last line's. Throws what the server said in its place.
    func report(server: String) throws(ClientError) -> ReplayReport {
        let (last, problem) = state.withLock { ($0.last, $0.problem) }
        if let report = last?.report { return report }
        if let error = last?.error { throw .refused(status: 500, error) }
        throw .unexpectedAnswer(server: server, what: problem ?? "a replay without a report")
    }

    private func takeNow(_ piece: ByteBuffer) throws {
        let told = try state.withLock { state -> ReplayProgressInfo? in
            var piece = piece
            state.rest.writeBuffer(&piece)
            var told: ReplayProgressInfo?
            var written: [UInt8] = []
            let view = state.rest.readableBytesView
            var start = view.startIndex
            while let end = view[start...].firstIndex(of: UInt8(ascii: "\n")) {
                let line = view[start..<end]
                start = view.index(after: end)
                if line.starts(with: Self.rowPrefix) {
                    written += line.dropFirst(Self.rowPrefix.count).dropLast()
                    written.append(UInt8(ascii: "\n"))
                } else if let known = try? JSONDecoder().decode(ReplayLine.self, from: Data(line)) {
                    state.last = known
                    told = known.progress ?? told
                } else {
                    state.problem = "a line that is no part of a replay"
                }
            }
            state.rest.moveReaderIndex(forwardBy: start - view.startIndex)
            state.rest.discardReadBytes()
            guard state.rest.readableBytes <= Self.longestLine else {
                throw ClientError.badInput("a line of more than \(Self.longestLine) bytes came")
            }
            if let rows, !written.isEmpty { try written.withUnsafeBytes { try rows.write($0) } }
            return told
        }
        if let told { progress(told) }
    }
}
