import HTTPTypes
import Hummingbird
import Journal
import NIOCore

/// One request between a connection and the task that answers it.
final class ManagementCall: Sendable {
    typealias Body = NIOThrowingAsyncSequenceProducer<
        ByteBuffer, any Error, NIOAsyncSequenceProducerBackPressureStrategies.HighLowWatermark, BodyDemand
    >

    let request: Request
    let match: RouteMatch
    let principal: Principal
    private let source: Body.Source
    private let eventLoop: any EventLoop
    private let connection: NIOLoopBound<HTTPConnection>

    /// On the connection's event loop.
    init(head: HTTPRequest, match: RouteMatch, principal: Principal, connection: HTTPConnection) {
        let eventLoop = connection.loop.eventLoop
        let bound = NIOLoopBound(connection, eventLoop: eventLoop)
        let made = Body.makeSequence(
            elementType: ByteBuffer.self, failureType: (any Error).self,
            backPressureStrategy: .init(lowWatermark: 2, highWatermark: 8), finishOnDeinit: true,
            delegate: BodyDemand(eventLoop: eventLoop, connection: bound))
        self.request = Request(head: head, body: RequestBody(asyncSequence: made.sequence))
        self.match = match
        self.principal = principal
        self.source = made.source
        self.eventLoop = eventLoop
        self.connection = bound
    }

    /// Whether the task wants more.
    func bodyCame(_ piece: ByteBuffer) -> Bool {
        switch source.yield(piece) {
        case .produceMore, .dropped: true
        case .stopProducing: false
        }
    }

    func bodyEnded() { source.finish() }

    /// The rest of the body will not come: whoever reads it gets an error.
    func callerLeft() { source.finish(CallerLeft()) }

    func answered(_ answer: Answer) {
        eventLoop.execute { self.connection.value.managed(self, answer) }
    }

    /// Begins an answer whose body is made while it is sent; false when nobody wants the body.
    func pour(head: Answer, length: Int) async -> Bool {
        await withCheckedContinuation { continuation in
            eventLoop.execute {
                continuation.resume(returning: self.connection.value.pour(self, head: head, length: length))
            }
        }
    }

    /// Sends the next piece; returns when there is room for another. Throws when the caller has left.
    func pour(_ piece: ByteBuffer) async throws(CallerLeft) {
        guard piece.readableBytes > 0 else { return }
        let goesOn = await withCheckedContinuation { continuation in
            eventLoop.execute { self.connection.value.pour(self, piece: piece, waiter: continuation) }
        }
        guard goesOn else { throw CallerLeft() }
    }

    /// The rest of the body cannot be made.
    func pourFailed(_ why: String) {
        eventLoop.execute { self.connection.value.pourFailed(self, why) }
    }

    /// Lets a paused connection go on when the task has room for more of the body.
    struct BodyDemand: NIOAsyncSequenceProducerDelegate {
        let eventLoop: any EventLoop
        let connection: NIOLoopBound<HTTPConnection>

        func produceMore() {
            eventLoop.execute { connection.value.bodyWanted() }
        }

        /// Nobody reads on: what still comes is dropped.
        func didTerminate() { produceMore() }
    }
}

/// The connection ended before the body did.
struct CallerLeft: Error {}
