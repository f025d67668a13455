import NIOCore

/// Frames on their way to the socket: small ones put together in one piece of memory, large payloads beside it as they are.
struct FrameOutput {
    /// Payloads up to here are copied behind their frame's head, which costs less than a piece of their own.
    private static let copied = 8 << 10

    /// What is finished, in order.
    private var ready: [ByteBuffer] = []
    private var tail = ByteBuffer()

    var isEmpty: Bool { ready.isEmpty && tail.readableBytes == 0 }

    /// Memory to write into, when there is none yet.
    mutating func lend(_ buffer: ByteBuffer) {
        if tail.capacity == 0 { tail = buffer }
    }

    /// All that is written, oldest first. The memory is the caller's to reuse.
    mutating func take() -> (ready: [ByteBuffer], last: ByteBuffer) {
        defer {
            if !ready.isEmpty { ready = [] }
            tail = ByteBuffer()
        }
        return (ready, tail)
    }

    mutating func writeHead(_ kind: UInt8, flags: UInt8, stream: UInt32, length: Int) {
        let front =
            UInt64(truncatingIfNeeded: length) << 40 | UInt64(kind) << 32 | UInt64(flags) << 24 | UInt64(stream >> 8)
        tail.writeMultipleIntegers(front, UInt8(truncatingIfNeeded: stream))
    }

    mutating func writeData(_ payload: ByteBuffer, flags: UInt8, stream: UInt32) {
        writeHead(FrameKind.data, flags: flags, stream: stream, length: payload.readableBytes)
        if payload.readableBytes <= Self.copied {
            tail.writeImmutableBuffer(payload)
        } else {
            ready.append(tail)
            ready.append(payload)
            tail = ByteBuffer()
        }
    }

    /// A header block that `write` appends, in as many frames as the peer's frame size asks for.
    mutating func writeHeaders(
        endStream: Bool, stream: UInt32, frameLimit: Int, _ write: (inout ByteBuffer) -> Void
    ) {
        let start = tail.writerIndex
        let end: UInt8 = endStream ? FrameFlag.endStream : 0
        writeHead(FrameKind.headers, flags: end | FrameFlag.endHeaders, stream: stream, length: 0)
        write(&tail)
        let length = tail.writerIndex - start - FrameHead.length
        if length <= frameLimit {
            tail.setInteger(UInt16(truncatingIfNeeded: length >> 8), at: start)
            tail.setInteger(UInt8(truncatingIfNeeded: length), at: start + 2)
        } else {
            split(from: start, endStream: end, stream: stream, frameLimit: frameLimit)
        }
    }

    private mutating func split(from start: Int, endStream: UInt8, stream: UInt32, frameLimit: Int) {
        let blockStart = start + FrameHead.length
        guard var block = tail.getSlice(at: blockStart, length: tail.writerIndex - blockStart) else { return }
        tail.moveWriterIndex(to: start)
        var kind = FrameKind.headers
        while block.readableBytes > 0 {
            guard let part = block.readSlice(length: min(frameLimit, block.readableBytes)) else { return }
            let isLast = block.readableBytes == 0
            var flags = isLast ? FrameFlag.endHeaders : 0
            if kind == FrameKind.headers { flags |= endStream }
            writeHead(kind, flags: flags, stream: stream, length: part.readableBytes)
            tail.writeImmutableBuffer(part)
            kind = FrameKind.continuation
        }
    }

    /// SETTINGS of ours.
    mutating func writeSettings(_ settings: [(id: UInt16, value: UInt32)]) {
        writeHead(FrameKind.settings, flags: 0, stream: 0, length: settings.count * 6)
        for setting in settings { tail.writeMultipleIntegers(setting.id, setting.value) }
    }

    mutating func writeSettingsAcknowledgement() {
        writeHead(FrameKind.settings, flags: FrameFlag.acknowledge, stream: 0, length: 0)
    }

    mutating func writePing(_ data: UInt64, isAcknowledgement: Bool) {
        writeHead(FrameKind.ping, flags: isAcknowledgement ? FrameFlag.acknowledge : 0, stream: 0, length: 8)
        tail.writeInteger(data)
    }

    mutating func writeWindowUpdate(stream: UInt32, by count: Int) {
        writeHead(FrameKind.windowUpdate, flags: 0, stream: stream, length: 4)
        tail.writeInteger(UInt32(truncatingIfNeeded: count))
    }

    mutating func writeReset(stream: UInt32, _ code: HTTP2ErrorCode) {
        writeHead(FrameKind.reset, flags: 0, stream: stream, length: 4)
        tail.writeInteger(code.rawValue)
    }

    mutating func writeGoAway(lastStream: UInt32, _ code: HTTP2ErrorCode, _ message: String) {
        writeHead(FrameKind.goAway, flags: 0, stream: 0, length: 8 + message.utf8.count)
        tail.writeMultipleIntegers(lastStream, code.rawValue)
        tail.writeString(message)
    }
}
