import Gateway
import HTTPTypes
import Hummingbird
import NIOCore

/// Hands a response's body on as it is made.
struct PouringWriter: ResponseBodyWriter {
    let send: PouredBody.Send

    func write(_ piece: ByteBuffer) async throws { try await send(piece) }

    consuming func finish(_ trailingHeaders: HTTPFields?) async throws {}
}
