import NIOCore

/// Bodies on their way in.
extension HTTP2Connection {
    func beginData(_ head: FrameHead) throws(HTTP2Fault) -> Step {
        guard head.stream != 0 else { throw HTTP2Fault(.protocolError, "DATA for the connection itself") }
        var padding = 0
        var overhead = 0
        if head.has(FrameFlag.padded) {
            guard input.readableBytes > FrameHead.length || head.length == 0 else { return .needsMore }
            padding = Int(input.getInteger(at: input.readerIndex + FrameHead.length, as: UInt8.self) ?? 0)
            overhead = 1
            guard padding < head.length else { throw HTTP2Fault(.protocolError, "DATA has more padding than bytes") }
        }
        input.moveReaderIndex(forwardBy: FrameHead.length)
        try takeRoom(head.length)
        guard let stream = try receiver(head) else {
            phase = .skipping(head.length)
            return .goOn
        }
        input.moveReaderIndex(forwardBy: overhead)
        let payload = head.length - overhead - padding
        let endsStream = head.has(FrameFlag.endStream)
        if payload == 0, !endsStream { try spend(.emptyData) }
        streams[stream.slot].received += payload
        streams[stream.slot].receiveWindow -= head.length
        let expected = streams[stream.slot].expected
        let isWrongLength = expected >= 0 && streams[stream.slot].received > expected
        guard streams[stream.slot].receiveWindow >= 0, !isWrongLength else {
            phase = .skipping(head.length - overhead)
            return try breakStream(stream, isWrongLength ? .protocolError : .flowControlError)
        }
        consumed(padding + overhead, on: stream)
        phase = .data(DataFrame(stream: stream, payload: payload, padding: padding, endsStream: endsStream))
        return .goOn
    }

    /// The connection's own window. It is widened again at once: what bounds the memory is each stream's.
    private func takeRoom(_ length: Int) throws(HTTP2Fault) {
        guard length <= receiveWindow else {
            throw HTTP2Fault(.flowControlError, "DATA beyond the connection's window")
        }
        receiveWindow -= length
        guard receiveWindow < limits.connectionWindow / 2 else { return }
        output.writeWindowUpdate(stream: 0, by: limits.connectionWindow - receiveWindow)
        receiveWindow = limits.connectionWindow
    }

    /// The stream that a DATA frame is for; `nil` when it is over.
    private func receiver(_ head: FrameHead) throws(HTTP2Fault) -> StreamReference? {
        if let stream = streams.find(head.stream) {
            guard streams[stream.slot].isRemoteEnded else { return stream }
            throw HTTP2Fault(.streamClosed, "DATA behind the end of stream \(head.stream)")
        }
        guard head.stream <= lastStream else {
            throw HTTP2Fault(.protocolError, "DATA for stream \(head.stream), which is not open")
        }
        if isAbandoned(head.stream) {
            // What was under way when we gave it up is no fault of the peer's, but it had something in it.
            if head.length == 0 { try spend(.emptyData) }
        } else {
            try spend(.stray)
            output.writeReset(stream: head.stream, .streamClosed)
        }
        return nil
    }

    func readData(_ frame: DataFrame) throws(HTTP2Fault) -> Step {
        guard streams.holds(frame.stream) else {
            // Given up in the middle of it.
            phase = .skipping(frame.payload + frame.padding)
            return .goOn
        }
        if frame.payload > 0 {
            guard let piece = input.readSlice(length: min(frame.payload, input.readableBytes)), piece.readableBytes > 0
            else { return .needsMore }
            var rest = frame
            rest.payload -= piece.readableBytes
            guard rest.payload == 0 else {
                phase = .data(rest)
                return .event(.data(frame.stream, piece, endsStream: false))
            }
            phase = .skipping(rest.padding)
            guard rest.endsStream else { return .event(.data(frame.stream, piece, endsStream: false)) }
            return try endRemote(frame.stream) ?? .event(.data(frame.stream, piece, endsStream: true))
        }
        phase = .skipping(frame.padding)
        guard frame.endsStream else { return .goOn }
        return try endRemote(frame.stream) ?? .event(.end(frame.stream))
    }

    /// The peer's half has ended; something to do instead when it ended too early.
    func endRemote(_ stream: StreamReference) throws(HTTP2Fault) -> Step? {
        streams[stream.slot].isRemoteEnded = true
        let expected = streams[stream.slot].expected
        guard expected < 0 || streams[stream.slot].received == expected else {
            return try breakStream(stream, .protocolError)
        }
        return nil
    }

    /// Gives the peer new room for `count` bytes that were taken in.
    package func consumed(_ count: Int, on stream: StreamReference) {
        guard count > 0, streams.holds(stream) else { return }
        streams[stream.slot].consumed += count
        let room = streams[stream.slot].consumed
        guard room >= limits.streamWindow / 2, !streams[stream.slot].isRemoteEnded else { return }
        streams[stream.slot].consumed = 0
        streams[stream.slot].receiveWindow += room
        output.writeWindowUpdate(stream: stream.id, by: room)
    }
}
