import HTTPTypes
import Hummingbird
import NIOCore
import Synchronization

/// Hands a response's body to the connection as it is made.
struct PouringWriter: ResponseBodyWriter {
    /// Bytes so far; shared between the copies of the writer that travel through the response.
    final class Count: Sendable {
        private let bytes = Mutex(0)

        var sum: Int { bytes.withLock { $0 } }

        func add(_ more: Int) { bytes.withLock { $0 += more } }
    }

    let call: ManagementCall
    let count = Count()

    func write(_ piece: ByteBuffer) async throws {
        try await call.pour(piece)
        count.add(piece.readableBytes)
    }

    consuming func finish(_ trailingHeaders: HTTPFields?) async throws {}
}
