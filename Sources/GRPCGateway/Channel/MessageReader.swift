import Gateway
import InferenceProtobuf
import InferenceProtocol
import NIOCore

/// Takes gRPC's messages out of a stream's bytes: a flag, a length of four bytes, and as many bytes.
///
/// A message that came in one piece is a slice of it; any other is copied once, into memory of its own.
struct MessageReader {
    /// One message as it came.
    struct Message {
        var bytes: ByteBuffer
        var isPacked: Bool
        /// What a large one takes of the memory that there is for all of them.
        var share: BodyShare?
    }

    static let prefixLength = 5
    /// Memory for a message that has not come yet, at most: a length alone costs no more.
    private static let advance = 1 << 20
    /// Of memory as it is allocated.
    private static let alignment = 16

    /// What has come and is not yet read.
    private var rest = ByteBuffer()
    /// A message that has not all come, and the bytes still missing.
    private var partial: Message?
    private var missing = 0
    /// Bytes still to come of a message that was refused.
    private var unwanted = 0

    /// Whether the next byte begins a message.
    var isBetweenMessages: Bool { partial == nil && rest.readableBytes == 0 && unwanted == 0 }

    /// Whether a message was refused whose end is known: the one behind it may be taken.
    var isSkipping: Bool { unwanted > 0 }

    /// Refuses the message under way: what has come of it is let go, and what is to come is dropped.
    mutating func skip() {
        unwanted = missing
        missing = 0
        partial = nil
    }

    /// Bytes of the message under way that have come, and that are to come.
    var progress: (arrived: ByteBuffer, length: Int)? {
        partial.map { ($0.bytes, $0.bytes.readableBytes + missing) }
    }

    /// Bytes that wait here for others, and that no share of their own counts.
    var uncounted: Int {
        guard let partial, partial.share == nil else { return rest.readableBytes }
        return rest.readableBytes &+ partial.bytes.readableBytes
    }

    /// Counts what has come of a large message; false when there is no room for more.
    mutating func hold(_ bodies: BodyBudget) -> Bool {
        guard let arrived = partial?.bytes.readableBytes, arrived > BodyBudget.free else { return true }
        let share = partial?.share ?? BodyShare(bodies)
        partial?.share = share
        return share.grow(to: arrived)
    }

    mutating func add(_ piece: ByteBuffer) {
        if rest.readableBytes == 0 {
            rest = piece
        } else {
            rest.writeImmutableBuffer(piece)
        }
    }

    /// The next whole message; `nil` when it takes more bytes.
    ///
    /// - Parameters:
    ///   - small: bytes that any message may have.
    ///   - limit: bytes that a message may have; asked for larger ones only.
    mutating func next(small: Int, limit: () -> Int) throws(GRPCStatus) -> Message? {
        if unwanted > 0, !drop() { return nil }
        if partial == nil {
            guard rest.readableBytes >= Self.prefixLength,
                let (flag, length) = rest.readMultipleIntegers(as: (UInt8, UInt32).self)
            else { return nil }
            guard flag <= 1 else {
                throw GRPCStatus(.internalError, "a message begins with the flag \(flag), which is neither 0 nor 1")
            }
            if Int(length) > small {
                let limit = limit()
                guard Int(length) <= limit else {
                    unwanted = Int(length)
                    throw Self.tooLarge(Int(length), limit: limit)
                }
            }
            if let whole = rest.readSlice(length: Int(length)) {
                if rest.readableBytes == 0 { rest = ByteBuffer() }
                return Message(bytes: whole, isPacked: flag == 1)
            }
            partial = Message(bytes: ByteBuffer(), isPacked: flag == 1)
            missing = Int(length)
        }
        take()
        guard missing == 0, let message = partial else { return nil }
        partial = nil
        return message
    }

    /// Whether nothing of a refused message is to come any more.
    private mutating func drop() -> Bool {
        let count = min(unwanted, rest.readableBytes)
        rest.moveReaderIndex(forwardBy: count)
        unwanted -= count
        if rest.readableBytes == 0 { rest = ByteBuffer() }
        return unwanted == 0
    }

    private mutating func take() {
        guard let piece = rest.readSlice(length: min(missing, rest.readableBytes)) else { return }
        if rest.readableBytes == 0 { rest = ByteBuffer() }
        missing -= piece.readableBytes
        if partial?.bytes.capacity == 0 { align(piece) }
        reserve(piece.readableBytes)
        partial?.bytes.writeImmutableBuffer(piece)
    }

    /// Leaves bytes free before the message so that its first raw tensor is aligned for any element: else it would be
    /// copied once more.
    private mutating func align(_ front: ByteBuffer) {
        guard let offset = GRPCInferRequest.rawContentsOffset(of: front) else { return }
        let lead = (Self.alignment - offset % Self.alignment) % Self.alignment
        reserve(front.readableBytes + lead)
        partial?.bytes.moveWriterIndex(to: lead)
        partial?.bytes.moveReaderIndex(to: lead)
    }

    /// Makes room for what has come and for a fair share of what is to come.
    private mutating func reserve(_ count: Int) {
        let arrived = partial?.bytes.readableBytes ?? 0
        guard (partial?.bytes.writableBytes ?? 0) < count else { return }
        partial?.bytes.reserveCapacity(minimumWritableBytes: count + min(missing, max(Self.advance, arrived)))
    }

    static func tooLarge(_ length: Int, limit: Int) -> GRPCStatus {
        GRPCStatus(.resourceExhausted, "the message has \(length) bytes, more than the \(limit) that are taken here")
    }
}

extension MessageReader.Message {
    /// What the message says.
    ///
    /// - Parameters:
    ///   - packing: what `grpc-encoding` says.
    ///   - limit: bytes that it may have.
    func unpacked(_ packing: PackedBody?, limit: Int) throws(GRPCStatus) -> ByteBuffer {
        guard isPacked else { return bytes }
        // How large a message becomes is known only when it is unpacked: until then it takes what it may become.
        let limit = min(limit, share?.budget.limit ?? limit)
        if let share, !share.grow(to: limit) { throw GRPCStatus(full: share.budget) }
        guard let packing else {
            throw GRPCStatus(.internalError, "a message says that it is packed, but 'grpc-encoding' does not say how")
        }
        do throws(PackedBodyError) {
            let unpacked = try packing.unpack(bytes, limit: limit)
            share?.shrink(to: unpacked.readableBytes)
            return unpacked
        } catch {
            switch error {
            case .truncated: throw GRPCStatus(.internalError, "a packed message ends too early")
            case .malformed(let what): throw GRPCStatus(.internalError, "a packed message \(what)")
            case .tooLarge: throw GRPCStatus(.resourceExhausted, "a message unpacks to more than \(limit) bytes")
            }
        }
    }
}
