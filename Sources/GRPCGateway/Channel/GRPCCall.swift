import Gateway
import Governance
import Identity
import NIOCore
import Serving

/// One call on its way: what has come of it and what it waits for. On the connection's event loop only.
final class GRPCCall {
    enum Stage {
        /// The caller's token is being checked; messages wait.
        case authenticating
        /// Of a method that takes one message: waiting for it and for the end behind it.
        case collecting
        /// An endpoint or a task works on the answer, and no more is read.
        case working(PredictionTicket?)
        /// Any number of messages, each answered with one, in order.
        case inferring(InferStream)
        case reflecting
        /// Sends what is so whenever it changes; the last that was said.
        case watching(question: ByteBuffer, said: ByteBuffer)
    }

    let head: CallHead
    /// Who asks, and in which space, once that is known.
    var caller = Caller.anonymous
    var space = Space.defaultName
    /// Of the access plane when the caller was let through.
    var accessVersion = 0
    /// Bytes that came while the caller was being looked up.
    var unconsumed = 0
    var stage = Stage.collecting
    /// The server's name for the answer, once somebody needs it.
    var predictionID: PredictionID?
    /// The variant that answers the one message of the call; `nil` where no rollout is open.
    var variant: String?
    var reader = MessageReader()
    /// When the caller gives up, in nanoseconds of `MonotonicClock`.
    let deadline: UInt64?
    /// The one message of a unary call.
    var message: MessageReader.Message?
    /// The peer has sent all it will.
    var isComplete = false
    var isHeadSent = false
    /// Bytes of all its messages that have come.
    var received = 0
    /// Bytes that the connection counts for it, together with those of its other calls.
    var weight = 0
    /// How the message that is coming comes, since somebody first saw that it is waited for; `nil` between messages.
    var coming: Coming?

    struct Coming {
        let pace: TransferPace
        /// Bytes that had come when somebody last looked, and when the call is given up unless more come.
        var received: Int
        var deadline: NIODeadline
    }

    init(_ head: CallHead) {
        self.head = head
        self.deadline = head.timeout.map { timeout in
            let (sum, overflow) = MonotonicClock.nanoseconds().addingReportingOverflow(timeout)
            return overflow ? .max : sum
        }
    }

    /// Bytes of messages that wait for what is still to come, and that no share of their own counts.
    var uncounted: Int {
        guard let message, message.share == nil else { return reader.uncounted }
        return reader.uncounted &+ message.bytes.readableBytes
    }

    /// Whether the peer is in the middle of something that it should go on with.
    var isReading: Bool {
        switch stage {
        case .collecting: !isComplete
        case .inferring, .reflecting: !isComplete && !reader.isBetweenMessages
        case .working, .watching, .authenticating: false
        }
    }

    /// Whether its message takes too long to come. Called now and then while it is waited for.
    func comesTooSlowly(_ now: NIODeadline, _ limits: TransferPace.Limits) -> Bool {
        var current =
            coming
            ?? Coming(
                pace: TransferPace(begun: now, before: received), received: received, deadline: now + limits.pause)
        if current.received != received {
            current.received = received
            current.deadline = current.pace.deadline(passed: received, now: now, limits: limits)
        }
        coming = current
        return now >= current.deadline
    }

    /// `nil` for no limit of the caller's own.
    var patience: Patience? {
        guard let deadline, let timeout = head.timeout else { return nil }
        return Patience(timeout: timeout, deadline: deadline)
    }

    /// Nanoseconds that the caller still waits; `nil` for no limit of its own, 0 when it has given up.
    var remaining: UInt64? {
        deadline.map { deadline in
            let now = MonotonicClock.nanoseconds()
            return deadline > now ? deadline &- now : 0
        }
    }
}

/// How long a caller waits, in nanoseconds.
///
/// Its clock began before ours, so a client whose deadline passes mostly gives its call up before we do. That is no caller
/// who went away: a version that keeps everybody waiting would look as if nothing was wrong with it.
struct Patience: Sendable {
    /// Clients round what they announce up, by up to a hundredth, and it travels.
    private static let leastGrace: UInt64 = 10_000_000

    let timeout: UInt64
    /// Of `MonotonicClock`.
    let deadline: UInt64

    /// Whether a call that is given up at `now` has run out of time, or has as good as nothing left of it.
    func isOver(at now: UInt64) -> Bool {
        now >= deadline || deadline &- now <= max(timeout / 50, Self.leastGrace)
    }

    /// What became of a prediction, as it counts.
    func judged(_ result: Result<PredictionResult, PredictionError>) -> Result<PredictionResult, PredictionError> {
        guard case .failure(.cancelled) = result, isOver(at: MonotonicClock.nanoseconds()) else { return result }
        return .failure(.deadlineExceeded(milliseconds: Int(clamping: timeout / 1_000_000)))
    }
}

/// A stream of predictions: several at once, their answers in the order of the requests.
final class InferStream {
    enum Entry {
        case pending(PredictionTicket?)
        /// The answer, with its prefix.
        case ready(ByteBuffer)
    }

    /// In the order of the requests; the first has the number `first`.
    private var entries: CircularBuffer<Entry> = []
    private var first = 0
    /// Bytes that have come and that the peer has no new room for yet.
    var unconsumed = 0

    var count: Int { entries.count }

    /// Appends a request; returns its number.
    func append() -> Int {
        entries.append(.pending(nil))
        return first + entries.count - 1
    }

    func set(_ number: Int, _ entry: Entry) {
        guard number >= first, number - first < entries.count else { return }
        entries[offset: number - first] = entry
    }

    /// The next answer in order, when it is there.
    func takeReady() -> ByteBuffer? {
        guard case .ready(let answer) = entries.first else { return nil }
        entries.removeFirst()
        first += 1
        return answer
    }

    func cancel() {
        for case .pending(let ticket) in entries { ticket?.cancel() }
        entries.removeAll()
    }
}

extension CircularBuffer {
    fileprivate subscript(offset offset: Int) -> Element {
        get { self[index(startIndex, offsetBy: offset)] }
        set { self[index(startIndex, offsetBy: offset)] = newValue }
    }
}
