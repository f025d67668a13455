import NIOCore

/// Takes one request's body out of what the connection has received.
struct BodyReader {
    private enum Rest {
        case length(Int)
        case chunked(ChunkedBody)
    }

    enum Step {
        case needsMore
        case piece(ByteBuffer)
        case end
    }

    private var rest: Rest
    /// Bytes of the body that were given out so far.
    private(set) var taken = 0

    init(_ framing: BodyFraming, limits: HTTPLimits) {
        switch framing {
        case .length(let length): rest = .length(length)
        case .chunked: rest = .chunked(ChunkedBody(lineLimit: limits.chunkLine))
        }
    }

    /// Bytes still to come, where that is known.
    var remaining: Int? {
        if case .length(let length) = rest { length } else { nil }
    }

    /// The next piece, a slice of `buffer`.
    mutating func next(_ buffer: inout ByteBuffer) throws(HTTPFault) -> Step {
        switch rest {
        case .length(let length):
            if length == 0 { return .end }
            let count = min(length, buffer.readableBytes)
            guard count > 0, let piece = buffer.readSlice(length: count) else { return .needsMore }
            rest = .length(length - count)
            taken += count
            return .piece(piece)
        case .chunked(var chunks):
            let result: Result<(consumed: Int, step: ChunkedBody.Step), HTTPFault> =
                buffer.withUnsafeReadableBytes { bytes in
                    do throws(HTTPFault) {
                        return .success(try chunks.next(bytes))
                    } catch {
                        return .failure(error)
                    }
                }
            let (consumed, step) = try result.get()
            rest = .chunked(chunks)
            buffer.moveReaderIndex(forwardBy: consumed)
            switch step {
            case .needsMore: return .needsMore
            case .end: return .end
            case .data(let count):
                guard let piece = buffer.readSlice(length: count) else { return .needsMore }
                taken += count
                return .piece(piece)
            }
        }
    }

    /// The whole body at once, without a copy, once it is all there; `nil` until then and for chunked bodies.
    mutating func whole(_ buffer: inout ByteBuffer) -> ByteBuffer? {
        guard case .length(let length) = rest, buffer.readableBytes >= length else { return nil }
        rest = .length(0)
        return buffer.readSlice(length: length)
    }
}
