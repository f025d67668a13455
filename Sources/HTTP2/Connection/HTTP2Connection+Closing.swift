import NIOCore

/// How streams and connections end.
extension HTTP2Connection {
    /// The way to a graceful end (RFC 9113 section 6.8): what the peer sent before it heard of it is still answered.
    enum Drain {
        /// The opaque data of the PING whose answer says that the peer has heard.
        static let mark: UInt64 = 0x736c_6970_7761_7921

        case none
        /// The peer is told to open no more streams, and may not have heard yet.
        case announced
        /// Streams beyond this one are not answered any more.
        case final(lastStream: UInt32)

        var lastStream: UInt32? {
            if case .final(let last) = self { last } else { nil }
        }
    }

    /// Asks the peer to open no more streams.
    package func beginGoAway() {
        guard case .none = drain else { return }
        if case .closed = phase { return }
        drain = .announced
        output.writeGoAway(lastStream: UInt32(Int32.max), .noError, "")
        output.writePing(Drain.mark, isAcknowledgement: false)
        // A peer that has said nothing yet has nothing under way.
        if isGreeting { finishGoAway() }
    }

    /// Takes no more streams from here on, whether the peer has heard or not.
    package func finishGoAway() {
        guard case .announced = drain else { return }
        drain = .final(lastStream: lastStream)
        output.writeGoAway(lastStream: lastStream, .noError, "")
    }

    /// Whether the peer was asked, and has not said that it heard.
    package var isGoingAway: Bool { if case .announced = drain { true } else { false } }

    /// Whether there is nothing left to answer.
    package var isDrained: Bool { drain.lastStream != nil && streams.count == 0 }

    /// Ends the connection at once, and says why.
    package func end(_ code: HTTP2ErrorCode, _ message: String) {
        _ = fail(HTTP2Fault(code, message))
    }

    /// A fault that concerns one stream only.
    func breakStream(_ stream: StreamReference, _ code: HTTP2ErrorCode) throws(HTTP2Fault) -> Step {
        try spend(.reset)
        reset(stream, code)
        return .event(.reset(stream))
    }

    func closeStream(_ stream: StreamReference) {
        for piece in streams[stream.slot].unsent { unsentBytes -= piece.readableBytes }
        streams.close(stream)
    }

    // MARK: streams that we ended first

    /// Frames for this stream may still be on their way, and are no fault.
    func abandon(_ id: UInt32) {
        if abandoned.count < limits.concurrentStreams {
            abandoned.append(id)
        } else if !abandoned.isEmpty {
            abandoned[nextAbandoned] = id
            nextAbandoned = (nextAbandoned + 1) % abandoned.count
        }
    }

    func isAbandoned(_ id: UInt32) -> Bool { abandoned.contains(id) }
}
