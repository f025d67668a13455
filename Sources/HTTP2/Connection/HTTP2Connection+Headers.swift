import NIOCore

/// Header blocks: new streams, and trailers of old ones.
extension HTTP2Connection {
    func readHeaders(_ head: FrameHead, _ payload: ByteBuffer) throws(HTTP2Fault) -> Step {
        guard head.stream % 2 == 1 else {
            throw HTTP2Fault(.protocolError, "HEADERS for stream \(head.stream), which a client cannot open")
        }
        var payload = payload
        try Self.unpad(head, &payload)
        if head.has(FrameFlag.priority), payload.readBytes(length: 5) == nil {
            throw HTTP2Fault(.frameSizeError, "HEADERS is too short for its priority")
        }
        let endsStream = head.has(FrameFlag.endStream)
        if head.has(FrameFlag.endHeaders) { return try readBlock(payload, head.stream, endsStream: endsStream) }
        block = PartialBlock(stream: head.stream, endsStream: endsStream, bytes: payload)
        return .goOn
    }

    func readContinuation(_ head: FrameHead, _ payload: ByteBuffer) throws(HTTP2Fault) -> Step {
        guard var partial = block else {
            throw HTTP2Fault(.protocolError, "CONTINUATION without a header block to go on with")
        }
        block = nil
        partial.frames += 1
        guard partial.frames <= limits.headerBlockFrames,
            partial.bytes.readableBytes + payload.readableBytes <= limits.headerBlockBytes
        else { throw Self.blockTooLarge }
        partial.bytes.writeImmutableBuffer(payload)
        if head.has(FrameFlag.endHeaders) {
            return try readBlock(partial.bytes, partial.stream, endsStream: partial.endsStream)
        }
        block = partial
        return .goOn
    }

    /// A complete block. It is decoded whatever becomes of its stream, since later blocks build on it.
    private func readBlock(
        _ block: ByteBuffer, _ id: UInt32, endsStream: Bool
    ) throws(HTTP2Fault) -> Step {
        if id > lastStream { return try openStream(block, id, endsStream: endsStream) }
        let list = try decode(block)
        guard let stream = streams.find(id) else {
            guard isAbandoned(id) else {
                throw HTTP2Fault(.streamClosed, "HEADERS for stream \(id), which is over")
            }
            try spend(.stray)
            return .goOn
        }
        if streams[stream.slot].isRemoteEnded { return try breakStream(stream, .streamClosed) }
        guard endsStream, let list, HeaderSyntax.areTrailers(list) else {
            return try breakStream(stream, .protocolError)
        }
        return try endRemote(stream) ?? .event(.end(stream))
    }

    private func decode(_ block: ByteBuffer) throws(HTTP2Fault) -> HeaderList? {
        let result: Result<HeaderList?, HTTP2Fault> = block.withUnsafeReadableBytes { bytes in
            do throws(HTTP2Fault) {
                return .success(try decoder.decode(bytes))
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    /// What a block says about a new stream.
    private enum Heading {
        case head(HTTP2RequestHead)
        case malformed
        case tooLarge
    }

    private func openStream(
        _ block: ByteBuffer, _ id: UInt32, endsStream: Bool
    ) throws(HTTP2Fault) -> Step {
        lastStream = id
        let heading = try readHead(block)
        if let last = drain.lastStream, id > last { return .goOn }
        guard streams.count < limits.concurrentStreams, unsentBytes <= limits.unsentBytes else {
            return try refuse(id, .refusedStream)
        }
        if case .malformed = heading { return try refuse(id, .protocolError) }
        var stream = HTTP2Stream(
            sendWindow: peer.initialWindow, receiveWindow: limits.streamWindow, opened: now)
        stream.isRemoteEnded = endsStream
        switch heading {
        case .head(let head):
            if let length = head.contentLength {
                guard !endsStream || length == 0 else { return try refuse(id, .protocolError) }
                stream.expected = length
            }
            return .event(.request(streams.open(id, stream), head, endsStream: endsStream))
        case .tooLarge, .malformed: return .event(.headTooLarge(streams.open(id, stream)))
        }
    }

    private func readHead(_ block: ByteBuffer) throws(HTTP2Fault) -> Heading {
        let generation = decoder.table.generation
        let known = block.withUnsafeReadableBytes { heads.find($0, generation: generation) }
        if let known { return .head(known) }
        guard let list = try decode(block) else { return .tooLarge }
        guard let head = HTTP2RequestHead(list) else { return .malformed }
        // A block that has changed the table means something else the next time.
        if decoder.table.generation == generation {
            block.withUnsafeReadableBytes { heads.keep(head, for: $0, generation: generation) }
        }
        return .head(head)
    }

    /// A stream that is not opened at all.
    private func refuse(_ id: UInt32, _ code: HTTP2ErrorCode) throws(HTTP2Fault) -> Step {
        try spend(.reset)
        abandon(id)
        output.writeReset(stream: id, code)
        return .goOn
    }
}
