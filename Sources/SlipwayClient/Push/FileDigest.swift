import Crypto
import NIOCore
import NIOPosix

enum FileDigest {
    private static let chunkSize = 1 << 20

    /// SHA-256 of a file's bytes as 64 hexadecimal digits, and how many bytes they are; `progress` gets the bytes read
    /// so far.
    static func sha256(
        _ location: String, progress: @escaping @Sendable (Int) -> Void
    ) async throws(ClientError) -> (sha256: String, size: Int) {
        do {
            return try await NIOThreadPool.singleton.runIfActive { try hash(location, progress: progress) }
        } catch let error as ClientError {
            throw error
        } catch is CancellationError {
            throw .cancelled
        } catch {
            throw .file(path: location, problem: "cannot be read: \(error)", hint: nil)
        }
    }

    private static func hash(_ location: String, progress: (Int) -> Void) throws -> (sha256: String, size: Int) {
        let file = try OpenFile(location)
        var hasher = SHA256()
        var offset = 0
        while true {
            let chunk = try file.read(at: offset, count: chunkSize)
            chunk.withUnsafeReadableBytes { hasher.update(bufferPointer: $0) }
            offset += chunk.readableBytes
            progress(offset)
            if chunk.readableBytes < chunkSize { break }
        }
        guard offset == file.size else { throw file.changed }
        return (hexadecimal(hasher.finalize()), offset)
    }

    static func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}
