import Crypto
import Foundation
import Journal
import Registry

/// Files of a checkout on their way into the blob folder, a piece at a time.
struct CheckoutUpload: Sendable {
    private static let pieceBytes = 1 << 20

    let blobs: any BlobStore
    let space: String
    let principal: Principal
    let threads: BlockingThreads

    /// Sends what the space does not hold yet. The file is read twice: blobs are received by digest.
    ///
    /// - Parameter path: absolute, of a regular file that nobody writes to any more.
    func send(_ path: String) async throws(ControlError) -> (sha256: String, size: Int) {
        let (sha256, size) = try await threads.run { () throws(ControlError) in try Self.digest(path) }
        if let held = try await blobs.contains(sha256, space: space) { return (sha256, held) }
        let reader = try await threads.run { () throws(ControlError) in try PieceReader(path) }
        return try await send(sha256, size) { () async throws(ControlError) in
            try await threads.run { () throws(ControlError) in try reader.next(Self.pieceBytes) }
        }
    }

    /// The same with bytes that were made here.
    func send(bytes: [UInt8]) async throws(ControlError) -> (sha256: String, size: Int) {
        let sha256 = SHA256.hash(data: bytes).hexadecimal
        if let held = try await blobs.contains(sha256, space: space) { return (sha256, held) }
        var left: [UInt8]? = bytes
        return try await send(sha256, bytes.count) { () async throws(ControlError) in
            defer { left = nil }
            return left ?? []
        }
    }

    private func send(
        _ sha256: String, _ size: Int, _ next: () async throws(ControlError) -> [UInt8]
    ) async throws(ControlError) -> (sha256: String, size: Int) {
        let upload = try await blobs.beginUpload(
            space: space, sha256: sha256, declaredSize: size, principal: principal)
        do {
            while true {
                let piece = try await next()
                if piece.isEmpty { break }
                try await upload.append(piece)
            }
            return (sha256, try await upload.finish())
        } catch {
            await upload.abandon()
            throw error
        }
    }

    private static func digest(_ path: String) throws(ControlError) -> (String, Int) {
        let reader = try PieceReader(path)
        var hasher = SHA256()
        var size = 0
        while true {
            let piece = try reader.next(pieceBytes)
            if piece.isEmpty { return (hasher.finalize().hexadecimal, size) }
            hasher.update(data: piece)
            size += piece.count
        }
    }
}

/// A file that is read from its beginning to its end, by one caller at a time. Links are not followed.
final class PieceReader: Sendable {
    private let descriptor: CInt
    private let path: String

    init(_ path: String) throws(ControlError) {
        descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        self.path = path
        guard descriptor >= 0 else { throw Self.failure(path) }
    }

    deinit { close(descriptor) }

    /// Empty at the end. Blocks.
    func next(_ size: Int) throws(ControlError) -> [UInt8] {
        var count = 0
        let piece = [UInt8](unsafeUninitializedCapacity: size) { buffer, filled in
            repeat { count = read(descriptor, buffer.baseAddress, buffer.count) } while count < 0 && errno == EINTR
            filled = max(0, count)
        }
        guard count >= 0 else { throw Self.failure(path) }
        return piece
    }

    private static func failure(_ path: String) -> ControlError {
        let name = (path as NSString).lastPathComponent
        return ControlError(
            .internalFailure, "'\(name)' of the checkout cannot be read: \(String(cString: strerror(errno)))")
    }
}
