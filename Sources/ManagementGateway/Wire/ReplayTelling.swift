import Foundation
import Gateway
import Journal
import ManagementAPI
import NIOCore
import Replay

/// The lines of a replay, for one reader. While the model is busy with one prediction there is a line about how far it is
/// all the same: writing it is how one learns that the caller has left.
struct ReplayTelling {
    private enum Event: Sendable {
        case step(Result<ReplayRun.Step, ControlError>)
        case beat
    }

    private static let beat = Duration.seconds(1)

    private let run: ReplayRun
    private let continuation: AsyncStream<Event>.Continuation
    private var events: AsyncStream<Event>.Iterator
    private var isStepping = false
    private var isOver = false
    private var toldAt = ContinuousClock.now

    init(_ run: ReplayRun) {
        self.run = run
        let (stream, continuation) = AsyncStream.makeStream(of: Event.self)
        self.continuation = continuation
        events = stream.makeAsyncIterator()
    }

    /// The next lines; `nil` after the last.
    mutating func next() async throws -> ByteBuffer? {
        while !isOver {
            guard let event = await event() else { return nil }
            switch event {
            case .beat: return try progress()
            case .step(.success(.going(let lines))):
                isStepping = false
                if lines.readableBytes > 0 { return lines }
                if ContinuousClock.now - toldAt >= Self.beat { return try progress() }
            case .step(.success(.finished(var lines, let report))):
                isOver = true
                try Self.write(ReplayLine(report: ManagementAPI.ReplayReport(report)), into: &lines)
                return lines
            case .step(.failure(let error)):
                isOver = true
                var lines = ByteBuffer()
                try Self.write(
                    ReplayLine(
                        error: APIError(
                            error: error.message, code: error.errorCode, field: error.field, hint: error.hint)),
                    into: &lines)
                return lines
            }
        }
        return nil
    }

    private mutating func event() async -> Event? {
        if !isStepping {
            isStepping = true
            Task { [run, continuation] in
                do throws(ControlError) {
                    continuation.yield(.step(.success(try await run.next())))
                } catch {
                    continuation.yield(.step(.failure(error)))
                }
            }
        }
        let timer = Task { [continuation] in
            try await Task.sleep(for: Self.beat)
            continuation.yield(.beat)
        }
        defer { timer.cancel() }
        return await events.next()
    }

    private mutating func progress() throws -> ByteBuffer {
        toldAt = ContinuousClock.now
        let progress = run.progress
        var line = ByteBuffer()
        try Self.write(
            ReplayLine(
                progress: ReplayProgressInfo(
                    read: progress.read, compared: progress.compared, apart: progress.apart)), into: &line)
        return line
    }

    private static func write(_ line: ReplayLine, into buffer: inout ByteBuffer) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        buffer.writeBytes(try encoder.encode(line))
        buffer.writeString("\n")
    }
}
