import NIOCore
import NIOHTTP1

/// Reads one request whole, then answers it with one flush: a fixed body when there is one, else the body that came.
///
/// This is what a careful user of SwiftNIO writes by hand: no allocation for a body that arrives in one piece, no
/// promise that nobody looks at, the response head made once per connection.
final class EchoHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let fixedAnswer: ByteBuffer?
    private let fixedHead: HTTPResponseHead?
    private var body = ByteBuffer()
    private var keepAlive = true

    init(fixedAnswer: ByteBuffer?) {
        self.fixedAnswer = fixedAnswer
        self.fixedHead = fixedAnswer.map { Self.head(length: $0.readableBytes, keepAlive: true) }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            keepAlive = head.isKeepAlive
            body = ByteBuffer()
        case .body(var piece):
            if body.readableBytes == 0 { body = piece } else { body.writeBuffer(&piece) }
        case .end:
            answer(context: context)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    private func answer(context: ChannelHandlerContext) {
        let content = fixedAnswer ?? body
        let head: HTTPResponseHead
        if let fixedHead, keepAlive {
            head = fixedHead
        } else {
            head = Self.head(length: content.readableBytes, keepAlive: keepAlive)
        }
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(content))), promise: nil)
        if keepAlive {
            context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        } else {
            let channel = context.channel
            context.writeAndFlush(wrapOutboundOut(.end(nil))).whenComplete { _ in channel.close(promise: nil) }
        }
        body = ByteBuffer()
    }

    private static func head(length: Int, keepAlive: Bool) -> HTTPResponseHead {
        var headers = HTTPHeaders()
        headers.reserveCapacity(3)
        headers.add(name: "content-type", value: "application/json")
        headers.add(name: "content-length", value: String(length))
        if !keepAlive { headers.add(name: "connection", value: "close") }
        return HTTPResponseHead(version: .http1_1, status: .ok, headers: headers)
    }
}
