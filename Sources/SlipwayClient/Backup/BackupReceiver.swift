import Crypto
import NIOCore
import NIOPosix
import Synchronization

/// Writes a backup into a file as it comes, and holds it against the checksum that stands at its end.
final class BackupReceiver: AnswerSink {
    /// The last file of the archive with its header and filling, then the two blocks that end an archive. The checksum of
    /// all before it is that file's content, in hexadecimal.
    private static let tail = 512 + 512 + 1024
    private static let checksum = 512..<576

    fileprivate struct State {
        var total = 0
        var done = 0
        var hasher = SHA256()
        /// The last bytes that came, `tail` of them at most: not hashed yet, because they may be the end.
        var last: [UInt8] = []
    }

    private let file: PartialFile
    private let server: String
    private let progress: @Sendable (Int, Int) -> Void
    private let state = Mutex(State())

    init(_ file: PartialFile, server: String, progress: @escaping @Sendable (Int, Int) -> Void) {
        self.file = file
        self.server = server
        self.progress = progress
    }

    /// Bytes that came.
    var size: Int { state.withLock { $0.done } }

    func begin(length: Int?) throws(ClientError) {
        guard let length, length > Self.tail else {
            throw .unexpectedAnswer(server: server, what: "a backup of unknown length")
        }
        state.withLock { $0 = State(total: length) }
    }

    func take(_ piece: ByteBuffer) async throws {
        try await NIOThreadPool.singleton.runIfActive { [self] in
            try piece.withUnsafeReadableBytes { try file.write($0) }
            state.withLock { $0.add(piece, keeping: Self.tail) }
        }
        let (done, total) = state.withLock { ($0.done, $0.total) }
        progress(done, total)
    }

    func end() throws(ClientError) {
        let (isWhole, sum, last) = state.withLock { state in
            (state.done == state.total, Array(state.hasher.finalize()), state.last)
        }
        guard isWhole, last.count == Self.tail else {
            throw .unexpectedAnswer(server: server, what: "a backup that was cut off")
        }
        let stated = String(decoding: last[Self.checksum], as: UTF8.self)
        guard stated == FileDigest.hexadecimal(sum) else {
            throw .unexpectedAnswer(server: server, what: "a backup whose checksum does not fit")
        }
    }
}

extension BackupReceiver.State {
    fileprivate mutating func add(_ piece: ByteBuffer, keeping tail: Int) {
        done += piece.readableBytes
        last += piece.readableBytesView
        let known = last.count - tail
        guard known > 0 else { return }
        last.withUnsafeBytes { hasher.update(bufferPointer: UnsafeRawBufferPointer(rebasing: $0[..<known])) }
        last.removeFirst(known)
    }
}
