import Gateway
import HTTP2
import Journal
import NIOCore
import Serving

/// Answers as gRPC writes them: a head, messages, and trailers that say how it went.
///
/// Source: "gRPC over HTTP2", https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md.
extension GRPCConnection {
    /// What every answer begins with, as a header block.
    private static let head: ByteBuffer = {
        var block = ByteBuffer()
        block.writeStatusLine(200)
        block.writeHeaderLine("content-type", "application/grpc")
        return block
    }()
    private static let statusOK: ByteBuffer = {
        var line = ByteBuffer()
        line.writeHeaderLine("grpc-status", "0")
        return line
    }()
    /// Characters of a message for people; a header block has little room.
    private static let messageLimit = 2000

    /// Sends a message on a call that goes on.
    func send(message: ByteBuffer, on stream: StreamReference) {
        var framed = loop.takeMessage(context?.channel.allocator ?? ByteBufferAllocator())
        framed.writeMessage { $0.writeImmutableBuffer(message) }
        send(framed: framed, on: stream)
        loop.giveBack(message: framed)
    }

    /// The same for what has its prefix already.
    func send(framed: ByteBuffer, on stream: StreamReference) {
        lendMemory()
        guard let call = call(stream) else { return }
        if !call.isHeadSent {
            call.isHeadSent = true
            http2.sendHead(on: stream) { $0.writeImmutableBuffer(Self.head) }
        }
        http2.send(framed, on: stream)
        scheduleFlush()
    }

    /// Ends a call. Of a stream that ends with an error there may be predictions under way, which nobody wants any more.
    func finish(_ stream: StreamReference, _ status: GRPCStatus) {
        lendMemory()
        let call = call(stream)
        let isHeadSent = call?.isHeadSent ?? false
        let variant = call?.variant
        let id = predictionID(of: stream)
        if let call { load.remove(call) }
        forget(stream)
        http2.sendTrailers(on: stream) { block in
            // Without a message before it the trailers are all of the answer, and its head too.
            if !isHeadSent { block.writeImmutableBuffer(Self.head) }
            Self.write(status, into: &block)
            block.writeHeaderLine("slipway-prediction-id", length: PredictionID.length) { id.write(into: &$0) }
            if let variant { block.writeHeaderLine("slipway-variant", variant) }
        }
        scheduleFlush()
        if status.code != .ok, let call { cancel(call) }
    }

    /// The server's name for what the call is answered with.
    func predictionID(of stream: StreamReference) -> PredictionID {
        guard let call = call(stream) else { return loop.nextPredictionID() }
        if let id = call.predictionID { return id }
        let id = loop.nextPredictionID()
        call.predictionID = id
        return id
    }

    private static func write(_ status: GRPCStatus, into block: inout ByteBuffer) {
        if status.code == .ok {
            block.writeImmutableBuffer(statusOK)
            return
        }
        block.writeHeaderLine("grpc-status", String(status.code.rawValue))
        block.writeHeaderLine("grpc-message", percentEncoded(status.message))
        if let seconds = status.retryAfterSeconds { block.writeHeaderLine("retry-after", String(seconds)) }
        if status.code == .unimplemented { block.writeHeaderLine("grpc-accept-encoding", CallHead.packings) }
    }

    /// Printable ASCII as it is, all other bytes as `%XX`.
    static func percentEncoded(_ message: String) -> String {
        var text = ""
        for byte in message.prefix(messageLimit).utf8 {
            if (0x20...0x7e).contains(byte), byte != UInt8(ascii: "%") {
                text.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                text += byte < 16 ? "%0" : "%"
                text += String(byte, radix: 16, uppercase: true)
            }
        }
        return text
    }

    // MARK: what is not gRPC

    /// A request that is no call gets a status of HTTP's.
    func refuse(_ stream: StreamReference, httpStatus: Int) {
        lendMemory()
        http2.sendHead(on: stream, endsStream: true) { block in
            block.writeStatusLine(httpStatus)
            if httpStatus == 405 { block.writeHeaderLine("allow", "POST") }
        }
        scheduleFlush()
    }

    /// Somebody who does not speak HTTP/2 is told what is spoken here, when they speak HTTP/1.
    func refuse(_ bytes: ByteBuffer) {
        guard let context else { return }
        isClosing = true
        let letters = bytes.readableBytesView.prefix(4)
        if letters.count >= 3, letters.allSatisfy({ (0x41...0x5a).contains($0) || $0 == 0x20 || $0 == 0x2f }) {
            let text = "This port speaks gRPC, over HTTP/2 only. Slipway's HTTP interface has a port of its own.\n"
            let answer =
                "HTTP/1.1 505 HTTP Version Not Supported\r\ncontent-type: text/plain\r\nconnection: close\r\n"
                + "content-length: \(text.utf8.count)\r\n\r\n\(text)"
            // Not our greeting, which is on its way out: nobody would understand it.
            _ = http2.takeOutput()
            write(ByteBuffer(string: answer), context)
            context.flush()
        }
        closeAfterFlush()
    }
}
