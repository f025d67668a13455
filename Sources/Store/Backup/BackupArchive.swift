import Crypto
import Foundation
package import Journal
import Synchronization

/// A backup on its way out: a tar archive that is made as it is read. What the database named when it began is there until
/// the archive is let go of.
package final class BackupArchive: Sendable {
    struct Source: Sendable {
        /// Where the bytes are.
        let path: String
        let file: BackupManifest.File
    }

    /// Bytes of the whole archive.
    package let size: Int
    private let state: Mutex<State>
    private let copies: BackupCopies
    private let hold: BlobHold
    private let threads = BlockingThreads(name: "slipway.backup", width: 1)

    fileprivate struct State {
        /// What comes next, whole pieces.
        var ready: [[UInt8]]
        var sources: ArraySlice<Source>
        var current: Reading?
        /// Over every byte given out so far.
        var seal = SHA256()
        var isOver = false
    }

    /// One file that is being read.
    fileprivate struct Reading {
        let source: Source
        let descriptor: Int32
        var left: Int
        var hasher = SHA256()
    }

    init(manifest: BackupManifest, sources: [Source], copies: BackupCopies, hold: BlobHold) throws {
        let first = try manifest.encoded()
        guard let size = manifest.archiveSize(manifest: first.count),
            let header = TarHeader.bytes(name: BackupManifest.name, size: first.count)
        else { throw ControlError(.tooLarge, "the data folder is too large for a backup") }
        self.size = size
        self.copies = copies
        self.hold = hold
        let padding = [UInt8](repeating: 0, count: TarHeader.padding(first.count))
        state = Mutex(State(ready: [header, first + padding], sources: sources[...]))
    }

    deinit {
        let descriptor = state.withLock { $0.current?.descriptor }
        if let descriptor { close(descriptor) }
    }

    /// The next bytes, at most a piece; `nil` after the last. Throws `digestMismatch` where a file is not what it was when
    /// it was stored: then the archive is worth nothing.
    package func next() async throws(ControlError) -> [UInt8]? {
        try await threads.run { [self] () throws(ControlError) in
            let result: Result<[UInt8]?, ControlError> = state.withLock { state in
                do {
                    return .success(try state.next())
                } catch { return .failure(.file(error)) }
            }
            return try result.get()
        }
    }
}

extension BackupArchive.State {
    fileprivate mutating func next() throws -> [UInt8]? {
        if ready.isEmpty { try prepare() }
        guard !ready.isEmpty else { return nil }
        let piece = ready.removeFirst()
        seal.update(data: piece)
        return piece
    }

    private mutating func prepare() throws {
        if current != nil { return try read() }
        guard let source = sources.popFirst() else { return finish() }
        guard let header = TarHeader.bytes(name: source.file.path, size: source.file.size) else {
            throw ControlError(.internalFailure, "'\(source.file.path)' cannot stand in an archive")
        }
        let descriptor = open(source.path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { throw SystemError("open '\(source.path)'") }
        current = BackupArchive.Reading(source: source, descriptor: descriptor, left: source.file.size)
        ready = [header]
    }

    private mutating func read() throws {
        guard var reading = current else { return }
        var bytes = [UInt8](repeating: 0, count: min(reading.left, Hashing.chunk))
        var count = 0
        while count < bytes.count {
            let got = bytes.withUnsafeMutableBytes { buffer in
                Foundation.read(reading.descriptor, buffer.baseAddress.map { $0 + count }, buffer.count - count)
            }
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else { throw SystemError("read '\(reading.source.path)'") }
            guard got > 0 else { throw Self.mismatch(reading.source, "it is shorter than it was") }
            count += got
        }
        reading.left -= count
        reading.hasher.update(data: bytes)
        current = reading
        guard reading.left == 0 else {
            ready = [bytes]
            return
        }
        let sha256 = reading.hasher.finalize().hexadecimal
        guard sha256 == reading.source.file.sha256 else {
            throw Self.mismatch(reading.source, "its bytes have SHA-256 \(sha256)")
        }
        close(reading.descriptor)
        current = nil
        ready = [bytes + [UInt8](repeating: 0, count: TarHeader.padding(reading.source.file.size))]
            .filter { !$0.isEmpty }
        // An empty file is its header alone.
        if ready.isEmpty { try prepare() }
    }

    private mutating func finish() {
        guard !isOver, let header = TarHeader.bytes(name: BackupManifest.sealName, size: BackupManifest.sealSize) else {
            return
        }
        isOver = true
        let digest = Array((seal.finalize().hexadecimal + "\n").utf8)
        let padding = [UInt8](repeating: 0, count: TarHeader.padding(BackupManifest.sealSize))
        ready = [header + digest + padding + TarHeader.end]
    }

    private static func mismatch(_ source: BackupArchive.Source, _ what: String) -> ControlError {
        ControlError(
            .digestMismatch,
            "digest mismatch: the stored file '\(source.file.path)' should have SHA-256 \(source.file.sha256), but \(what)",
            hint: "push the same files again to repair it; `slipway doctor --verify` says which versions it concerns")
    }
}
