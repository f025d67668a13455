import Crypto
import Foundation
import Journal
import Registry
import Synchronization

/// Which blob is on its way, for whom.
struct BlobOrder: Sendable {
    let space: String
    /// What the bytes must have; `nil` where only they say.
    let sha256: String?
    let declaredSize: Int?
    let principal: Principal
}

/// One blob on its way in: a file in `tmp` and the hash of what it holds so far.
final class BlobReceiver: BlobUpload {
    /// Bytes that are gathered before a thread is asked to write them.
    private static let gathered = 256 << 10

    private struct Gathering {
        var bytes: [UInt8] = []
        var received = 0
        var isOver = false
    }

    private struct File {
        var descriptor: Int32
        var hasher = SHA256()
    }

    private let order: BlobOrder
    private let blobs: BlobFolder
    private let path: String
    private let gathering = Mutex(Gathering())
    private let file: Mutex<File>

    /// Makes the file; blocks.
    init(_ order: BlobOrder, _ blobs: BlobFolder) throws {
        self.order = order
        self.blobs = blobs
        path = blobs.folder.temporaryPath("upload")
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o400)
        guard descriptor >= 0 else { throw SystemError("make '\(path)'") }
        file = Mutex(File(descriptor: descriptor))
    }

    deinit {
        let path = path
        let descriptor = file.withLock { $0.descriptor }
        guard descriptor >= 0 else { return }
        blobs.threads.start {
            Foundation.close(descriptor)
            unlink(path)
        }
    }

    func append(_ bytes: [UInt8]) async throws(ControlError) {
        do {
            let chunk = try take(bytes)
            if !chunk.isEmpty { try await write(chunk) }
        } catch {
            await abandon()
            throw error
        }
    }

    func finish() async throws(ControlError) -> Int { try await finish { _, _, _ in }.size }

    /// The same; `use` says in the row's own transaction what the blob is for.
    func finish(
        _ use: @escaping @Sendable (StoredTransaction, _ sha256: String, _ size: Int) throws -> Void
    ) async throws(ControlError) -> (sha256: String, size: Int) {
        do {
            let (rest, size) = try close()
            try await write(rest)
            let sha256 = try await seal(size)
            try await blobs.arriving(sha256) { () async throws(ControlError) in
                try await self.place(sha256)
                try await self.blobs.record(self.order, sha256, size: size, use)
            }
            return (sha256, size)
        } catch {
            await abandon()
            throw error
        }
    }

    func abandon() async {
        gathering.withLock { gathering in
            gathering.isOver = true
            gathering.bytes = []
        }
        await blobs.threads.run { self.remove() }
    }

    /// Adds to what is gathered; returns what is to be written now, maybe nothing.
    private func take(_ bytes: [UInt8]) throws(ControlError) -> [UInt8] {
        let limit = min(order.declaredSize ?? Int.max, blobs.maximumSize)
        let result: Result<[UInt8], ControlError> = gathering.withLock { gathering in
            guard !gathering.isOver else { return .failure(Self.over) }
            let (received, overflow) = gathering.received.addingReportingOverflow(bytes.count)
            guard !overflow, received <= limit else {
                return .failure(
                    limit == blobs.maximumSize
                        ? blobs.tooLarge
                        : ControlError(.invalid, "more bytes came than the \(limit) announced", field: "size"))
            }
            gathering.received = received
            if gathering.bytes.isEmpty, bytes.count >= Self.gathered { return .success(bytes) }
            gathering.bytes += bytes
            guard gathering.bytes.count >= Self.gathered else { return .success([]) }
            defer { gathering.bytes = [] }
            return .success(gathering.bytes)
        }
        return try result.get()
    }

    /// Nothing may come after this.
    private func close() throws(ControlError) -> (rest: [UInt8], size: Int) {
        let result: Result<([UInt8], Int), ControlError> = gathering.withLock { gathering in
            guard !gathering.isOver else { return .failure(Self.over) }
            gathering.isOver = true
            defer { gathering.bytes = [] }
            return .success((gathering.bytes, gathering.received))
        }
        let (rest, size) = try result.get()
        if let declared = order.declaredSize, declared != size {
            throw ControlError(
                .invalid, "\(size) bytes came, \(declared) were announced", field: "size",
                hint: "was the upload cut off? Send it again")
        }
        return (rest, size)
    }

    private func write(_ bytes: [UInt8]) async throws(ControlError) {
        try await onThread { file, blobs, path in
            try bytes.withUnsafeBytes { bytes in
                try blobs.folder.calls.writeAll(bytes, to: file.descriptor, path: path)
                file.hasher.update(bufferPointer: bytes)
            }
        }
    }

    /// Checks the digest and syncs the file; answers the digest.
    private func seal(_ size: Int) async throws(ControlError) -> String {
        let expected = order.sha256
        return try await onThread { file, blobs, path in
            let actual = file.hasher.finalize().hexadecimal
            if let expected, actual != expected {
                throw ControlError(
                    .digestMismatch, "the \(size) bytes that came have SHA-256 \(actual), not \(expected)",
                    field: "sha256", hint: "did the file change while it was sent? Send it again")
            }
            try blobs.folder.calls.sync(file.descriptor, path: path)
            return actual
        }
    }

    /// Moves the file to its place.
    private func place(_ sha256: String) async throws(ControlError) {
        try await onThread { file, blobs, path in
            try blobs.place(path, as: sha256)
            Foundation.close(file.descriptor)
            file.descriptor = -1
        }
    }

    private func onThread<Value: Sendable>(
        _ body: @escaping @Sendable (inout File, BlobFolder, String) throws -> Value
    ) async throws(ControlError) -> Value {
        try await blobs.threads.run { () throws(ControlError) in
            let result: Result<Value, ControlError> = self.file.withLock { file in
                guard file.descriptor >= 0 else { return .failure(Self.over) }
                do {
                    return .success(try body(&file, self.blobs, self.path))
                } catch { return .failure(.file(error)) }
            }
            return try result.get()
        }
    }

    private func remove() {
        file.withLock { file in
            guard file.descriptor >= 0 else { return }
            Foundation.close(file.descriptor)
            file.descriptor = -1
            unlink(path)
        }
    }

    private static let over = ControlError(.conflict, "this upload is over", hint: "begin a new one")
}
