package import NIOCore

/// Answers. What is sent on a stream that is over goes nowhere.
extension HTTP2Connection {
    /// The head of an answer.
    ///
    /// - Parameters:
    ///   - endsStream: whether it is all of the answer.
    ///   - write: appends the header block, in lines of `ByteBuffer.writeHeaderLine`.
    package func sendHead(
        on stream: StreamReference, endsStream: Bool = false, _ write: (inout ByteBuffer) -> Void
    ) {
        guard streams.holds(stream) else { return }
        output.writeHeaders(endStream: endsStream, stream: stream.id, frameLimit: peer.frameBytes, write)
        if endsStream { endLocal(stream) }
    }

    /// A piece of the answer's body, as soon as the peer's windows allow.
    package func send(_ data: ByteBuffer, on stream: StreamReference) {
        guard streams.holds(stream), data.readableBytes > 0 else { return }
        floods.earn()
        if streams[stream.slot].unsent.isEmpty, data.readableBytes <= room(on: stream) {
            sendWindow -= data.readableBytes
            streams[stream.slot].sendWindow -= data.readableBytes
            output.writeData(data, flags: 0, stream: stream.id)
            return
        }
        unsentBytes += data.readableBytes
        streams[stream.slot].unsent.append(data)
        sendUnsent(on: stream)
    }

    /// The end of the answer, behind all of its body.
    package func sendTrailers(on stream: StreamReference, _ write: (inout ByteBuffer) -> Void) {
        guard streams.holds(stream) else { return }
        guard streams[stream.slot].unsent.isEmpty else {
            var trailers = ByteBuffer()
            write(&trailers)
            streams[stream.slot].trailers = trailers
            return
        }
        output.writeHeaders(endStream: true, stream: stream.id, frameLimit: peer.frameBytes, write)
        endLocal(stream)
    }

    /// Gives a stream up.
    package func reset(_ stream: StreamReference, _ code: HTTP2ErrorCode) {
        guard streams.holds(stream) else { return }
        output.writeReset(stream: stream.id, code)
        abandon(stream.id)
        closeStream(stream)
    }

    /// Bytes that one frame on this stream may carry now.
    private func room(on stream: StreamReference) -> Int {
        min(sendWindow, streams[stream.slot].sendWindow, peer.frameBytes)
    }

    /// Sends what waits on all streams.
    func sendUnsent() {
        guard unsentBytes > 0 else { return }
        for slot in streams.slots {
            guard let stream = streams.reference(slot) else { continue }
            sendUnsent(on: stream)
        }
    }

    /// Sends what waits on one stream as far as the windows allow, and its trailers behind it.
    func sendUnsent(on stream: StreamReference) {
        guard !streams[stream.slot].unsent.isEmpty else { return }
        var waiting = streams[stream.slot].unsent
        streams[stream.slot].unsent = []
        var first = 0
        while first < waiting.count {
            let room = room(on: stream)
            guard room > 0, let piece = waiting[first].readSlice(length: min(room, waiting[first].readableBytes)) else {
                streams[stream.slot].unsent = Array(waiting[first...])
                return
            }
            unsentBytes -= piece.readableBytes
            sendWindow -= piece.readableBytes
            streams[stream.slot].sendWindow -= piece.readableBytes
            output.writeData(piece, flags: 0, stream: stream.id)
            if waiting[first].readableBytes == 0 { first += 1 }
        }
        if let trailers = streams[stream.slot].trailers {
            sendTrailers(on: stream) { $0.writeImmutableBuffer(trailers) }
        }
    }

    /// Our half has ended. A peer that still sends is told that it need not.
    private func endLocal(_ stream: StreamReference) {
        floods.earn()
        if !streams[stream.slot].isRemoteEnded {
            output.writeReset(stream: stream.id, .noError)
            abandon(stream.id)
        }
        closeStream(stream)
    }
}
