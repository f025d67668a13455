import Identity
import NIOCore

/// One request between a connection and the task that answers it.
final class ManagementCall: Sendable {
    private let request: ForwardedRequest
    private let source: ForwardedRequest.Body.Source
    private let eventLoop: any EventLoop
    private let connection: NIOLoopBound<HTTPConnection>

    /// On the connection's event loop.
    init(head: ForwardedHead, match: RouteMatch, caller: Caller, connection: HTTPConnection) {
        let eventLoop = connection.loop.eventLoop
        let bound = NIOLoopBound(connection, eventLoop: eventLoop)
        let made = ForwardedRequest.Body.makeSequence(
            elementType: ByteBuffer.self, failureType: (any Error).self,
            backPressureStrategy: .init(lowWatermark: 2, highWatermark: 8), finishOnDeinit: true,
            delegate: BodyDemand(eventLoop: eventLoop, connection: bound))
        self.request = ForwardedRequest(head: head, match: match, caller: caller, body: made.sequence)
        self.source = made.source
        self.eventLoop = eventLoop
        self.connection = bound
    }

    /// Asks `answerer` in a task of its own.
    func start(_ answerer: any ManagementAnswerer) {
        Task {
            let answer = await answerer.answer(request)
            if let body = answer.poured {
                await pour(answer, body)
            } else {
                eventLoop.execute { self.connection.value.managed(self, answer) }
            }
        }
    }

    private func pour(_ head: Answer, _ body: PouredBody) async {
        guard await begin(head, length: body.length) else { return }
        do {
            try await body.write { try await self.pour($0) }
            if body.length == nil { return eventLoop.execute { self.connection.value.pourEnded(self) } }
            // Nothing is left to fail once all has come.
            failed("its body was too short")
        } catch { failed("\(error)") }
    }

    /// Sends the head; false when nobody wants the body.
    private func begin(_ head: Answer, length: Int?) async -> Bool {
        await withCheckedContinuation { continuation in
            eventLoop.execute {
                continuation.resume(returning: self.connection.value.pour(self, head: head, length: length))
            }
        }
    }

    /// Sends the next piece; returns when there is room for another. Throws when the caller has left.
    private func pour(_ piece: ByteBuffer) async throws(CallerLeft) {
        guard piece.readableBytes > 0 else { return }
        let goesOn = await withCheckedContinuation { continuation in
            eventLoop.execute { self.connection.value.pour(self, piece: piece, waiter: continuation) }
        }
        guard goesOn else { throw CallerLeft() }
    }

    private func failed(_ why: String) {
        eventLoop.execute { self.connection.value.pourFailed(self, why) }
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
}

/// Lets a paused connection go on when the task has room for more of the body.
package struct BodyDemand: NIOAsyncSequenceProducerDelegate {
    let eventLoop: any EventLoop
    let connection: NIOLoopBound<HTTPConnection>

    package func produceMore() {
        eventLoop.execute { connection.value.bodyWanted() }
    }

    /// Nobody reads on: what still comes is dropped.
    package func didTerminate() { produceMore() }
}

/// The connection ended before the body did.
struct CallerLeft: Error {}
