import NIOCore

/// Frames about streams and the connection rather than of them.
extension HTTP2Connection {
    func readControl(_ head: FrameHead, _ payload: ByteBuffer) throws(HTTP2Fault) -> Step {
        var payload = payload
        switch head.kind {
        case FrameKind.settings: try readSettings(head, &payload)
        case FrameKind.ping: try readPing(head, &payload)
        case FrameKind.windowUpdate: return try readWindowUpdate(head, &payload)
        case FrameKind.reset: return try readReset(head, &payload)
        case FrameKind.priority:
            try expect(head.length == 5, head)
            guard head.stream != 0 else { throw HTTP2Fault(.protocolError, "PRIORITY for the connection itself") }
            try spend(.stray)
        default:
            // GOAWAY: the peer opens no more streams, and is answered those it has opened.
            guard head.stream == 0 else { throw HTTP2Fault(.protocolError, "GOAWAY for a stream") }
            try expect(head.length >= 8, head)
            try spend(.stray)
        }
        return .goOn
    }

    private func expect(_ isRight: Bool, _ head: FrameHead) throws(HTTP2Fault) {
        guard isRight else {
            throw HTTP2Fault(.frameSizeError, "a frame of kind \(head.kind) has \(head.length) bytes")
        }
    }

    private func readSettings(_ head: FrameHead, _ payload: inout ByteBuffer) throws(HTTP2Fault) {
        guard head.stream == 0 else { throw HTTP2Fault(.protocolError, "SETTINGS for a stream") }
        if head.has(FrameFlag.acknowledge) { return try expect(head.length == 0, head) }
        try expect(head.length % 6 == 0, head)
        try spend(.settings)
        let before = peer.initialWindow
        while let (identifier, value) = payload.readMultipleIntegers(as: (UInt16, UInt32).self) {
            try peer.apply(identifier, value)
        }
        if peer.initialWindow != before { try shiftWindows(by: peer.initialWindow - before) }
        output.writeSettingsAcknowledgement()
        phase = .frames
    }

    /// RFC 9113 section 6.9.2: a change holds for the streams that are open, too.
    private func shiftWindows(by change: Int) throws(HTTP2Fault) {
        for slot in streams.slots where streams.reference(slot) != nil {
            streams[slot].sendWindow += change
            guard streams[slot].sendWindow <= Int(Int32.max) else {
                throw HTTP2Fault(.flowControlError, "SETTINGS makes the window of a stream larger than 2^31-1")
            }
        }
        if change > 0 { sendUnsent() }
    }

    private func readPing(_ head: FrameHead, _ payload: inout ByteBuffer) throws(HTTP2Fault) {
        guard head.stream == 0 else { throw HTTP2Fault(.protocolError, "PING for a stream") }
        try expect(head.length == 8, head)
        guard let data = payload.readInteger(as: UInt64.self) else { return }
        if head.has(FrameFlag.acknowledge) {
            if data == Drain.mark { finishGoAway() }
        } else {
            try spend(.ping)
            output.writePing(data, isAcknowledgement: true)
        }
    }

    private func readWindowUpdate(
        _ head: FrameHead, _ payload: inout ByteBuffer
    ) throws(HTTP2Fault) -> Step {
        try expect(head.length == 4, head)
        let increment = Int((payload.readInteger(as: UInt32.self) ?? 0) & 0x7fff_ffff)
        try spend(.windowUpdate)
        if head.stream == 0 {
            guard increment > 0 else { throw HTTP2Fault(.protocolError, "a WINDOW_UPDATE by 0") }
            sendWindow += increment
            guard sendWindow <= Int(Int32.max) else {
                throw HTTP2Fault(.flowControlError, "the connection's window is larger than 2^31-1")
            }
            sendUnsent()
            return .goOn
        }
        guard let stream = streams.find(head.stream) else {
            guard head.stream <= lastStream else {
                throw HTTP2Fault(.protocolError, "WINDOW_UPDATE for stream \(head.stream), which is not open")
            }
            return .goOn
        }
        guard increment > 0 else { return try breakStream(stream, .protocolError) }
        streams[stream.slot].sendWindow += increment
        guard streams[stream.slot].sendWindow <= Int(Int32.max) else {
            return try breakStream(stream, .flowControlError)
        }
        sendUnsent(on: stream)
        return .goOn
    }

    private func readReset(_ head: FrameHead, _ payload: inout ByteBuffer) throws(HTTP2Fault) -> Step {
        try expect(head.length == 4, head)
        guard head.stream != 0, head.stream <= lastStream else {
            throw HTTP2Fault(.protocolError, "RST_STREAM for stream \(head.stream), which is not open")
        }
        guard let stream = streams.find(head.stream) else {
            try spend(.reset)
            return .goOn
        }
        // Not the one that has lived a while: when a server is slow, all calls of an honest client run out of time together.
        if now &- streams[stream.slot].opened < limits.resetAge { try spend(.reset) }
        closeStream(stream)
        return .event(.reset(stream))
    }
}
