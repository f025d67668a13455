import HTTPTypes
import Hummingbird
import NIOCore
import Synchronization

/// Collects a response's body. The bodies of the management interface are bounded: their lists come in pages.
struct CollectingWriter: ResponseBodyWriter {
    /// Shared between the copies of the writer that travel through the response.
    final class Buffer: Sendable {
        private let bytes = Mutex(ByteBuffer())

        func append(_ piece: ByteBuffer) { bytes.withLock { _ = $0.writeImmutableBuffer(piece) } }

        func take() -> ByteBuffer { bytes.withLock { $0 } }
    }

    let buffer = Buffer()

    func write(_ piece: ByteBuffer) async throws { buffer.append(piece) }

    consuming func finish(_ trailingHeaders: HTTPFields?) async throws {}
}
