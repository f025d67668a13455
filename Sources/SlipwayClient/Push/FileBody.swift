import NIOCore
import NIOPosix

/// A local file as a request body: read in chunks, only as fast as the socket takes them.
///
/// The HTTP client stops asking for chunks from its event loop, when the socket is full. A chunk is therefore read only
/// after that loop has seen the one before: otherwise a fast disk runs ahead of a busy loop by tens of megabytes.
struct FileBody: Sendable {
    let location: String
    let size: Int
    /// Called with the bytes handed over so far in this attempt.
    let progress: @Sendable (Int) -> Void

    static let chunkSize = 256 << 10

    /// - Parameter loop: where the connection lives.
    func chunks(on loop: any EventLoop) throws(ClientError) -> Chunks {
        Chunks(file: try OpenFile(location), size: size, loop: loop, progress: progress)
    }

    struct Chunks: AsyncSequence, Sendable {
        typealias Element = ByteBuffer

        let file: OpenFile
        let size: Int
        let loop: any EventLoop
        let progress: @Sendable (Int) -> Void

        func makeAsyncIterator() -> Iterator { Iterator(chunks: self) }

        struct Iterator: AsyncIteratorProtocol {
            let chunks: Chunks
            var offset = 0

            mutating func next() async throws -> ByteBuffer? {
                chunks.progress(offset)
                guard offset < chunks.size else { return nil }
                if offset > 0 { try await chunks.loop.submit {}.get() }
                let (file, start) = (chunks.file, offset)
                let wanted = Swift.min(FileBody.chunkSize, chunks.size - start)
                let bytes = try await NIOThreadPool.singleton.runIfActive { try file.read(at: start, count: wanted) }
                guard bytes.readableBytes == wanted else { throw file.changed }
                offset += wanted
                return bytes
            }
        }
    }
}
