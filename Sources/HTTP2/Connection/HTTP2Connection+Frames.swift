import NIOCore

/// From bytes to frames, and to whom each is for.
extension HTTP2Connection {
    /// RFC 9113 section 3.4.
    private static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)
    /// Payloads of all frames but DATA and header blocks are shorter.
    private static let controlBytes = 16_384

    func readPreface() -> Step {
        let expected = Self.preface.prefix(input.readableBytes)
        guard input.readableBytesView.starts(with: expected) else {
            let bytes = input
            close()
            return .event(.notHTTP2(bytes))
        }
        guard expected.count == Self.preface.count else { return .needsMore }
        input.moveReaderIndex(forwardBy: expected.count)
        phase = .settings
        return .goOn
    }

    func readFrame() throws(HTTP2Fault) -> Step {
        guard let head = FrameHead(input) else { return .needsMore }
        try check(head)
        switch head.kind {
        case FrameKind.data: return try beginData(head)
        case FrameKind.headers, FrameKind.continuation:
            guard let payload = take(head) else { return .needsMore }
            return try head.kind == FrameKind.headers ? readHeaders(head, payload) : readContinuation(head, payload)
        case FrameKind.priority, FrameKind.reset, FrameKind.settings, FrameKind.ping, FrameKind.goAway,
            FrameKind.windowUpdate:
            guard let payload = take(head) else { return .needsMore }
            return try readControl(head, payload)
        case FrameKind.pushPromise: throw HTTP2Fault(.protocolError, "a client may not push")
        default:
            try spend(.stray)
            input.moveReaderIndex(forwardBy: FrameHead.length)
            phase = .skipping(head.length)
            return .goOn
        }
    }

    /// What can be said before the payload has come, so that nothing is kept that will be refused.
    private func check(_ head: FrameHead) throws(HTTP2Fault) {
        guard head.length <= limits.frameBytes else {
            throw HTTP2Fault(.frameSizeError, "a frame has \(head.length) bytes, more than \(limits.frameBytes)")
        }
        if case .settings = phase, head.kind != FrameKind.settings || head.has(FrameFlag.acknowledge) {
            throw HTTP2Fault(.protocolError, "the first frame is not SETTINGS")
        }
        if let block, head.kind != FrameKind.continuation || head.stream != block.stream {
            throw HTTP2Fault(.protocolError, "a header block is interrupted by another frame")
        }
        switch head.kind {
        case FrameKind.data: break
        case FrameKind.headers, FrameKind.continuation:
            guard head.length <= limits.headerBlockBytes else { throw Self.blockTooLarge }
        case FrameKind.priority...FrameKind.windowUpdate:
            guard head.length <= Self.controlBytes else {
                throw HTTP2Fault(.enhanceYourCalm, "a control frame has \(head.length) bytes")
            }
        default: break
        }
    }

    static let blockTooLarge = HTTP2Fault(.enhanceYourCalm, "a header block is too large")

    /// The payload of a frame that has all come, taken off the input together with its head.
    private func take(_ head: FrameHead) -> ByteBuffer? {
        guard input.readableBytes >= FrameHead.length + head.length else { return nil }
        input.moveReaderIndex(forwardBy: FrameHead.length)
        return input.readSlice(length: head.length)
    }

    /// One more of what costs us more than it costs the peer.
    func spend(_ nuisance: FloodGuard.Nuisance) throws(HTTP2Fault) {
        guard floods.admits(nuisance, now: now) else {
            throw HTTP2Fault(.enhanceYourCalm, "too many frames of one kind: \(nuisance)")
        }
    }

    /// Takes padding off `payload` (RFC 9113 section 6.1).
    static func unpad(_ head: FrameHead, _ payload: inout ByteBuffer) throws(HTTP2Fault) {
        guard head.has(FrameFlag.padded) else { return }
        guard let padding = payload.readInteger(as: UInt8.self), Int(padding) <= payload.readableBytes else {
            throw HTTP2Fault(.protocolError, "a frame has more padding than bytes")
        }
        payload.moveWriterIndex(to: payload.writerIndex - Int(padding))
    }
}
