import Gateway
import HTTP2
import NIOCore
import Serving

/// How calls and connections end: by their peer, by time, by a fault, or because the server drains.
extension GRPCConnection {
    // MARK: calls

    /// The call on a stream that is still open.
    func call(_ stream: StreamReference) -> GRPCCall? {
        guard http2.isOpen(stream), stream.slot < calls.count else { return nil }
        return calls[stream.slot]
    }

    /// Streams with a call.
    var openCalls: [StreamReference] { calls.indices.filter { calls[$0] != nil }.compactMap(http2.stream) }

    /// Whether somebody still waits for the answer.
    func isAwaited(_ stream: StreamReference) -> Bool {
        http2.isOpen(stream) && stream.slot < calls.count && calls[stream.slot] != nil
    }

    /// The call is answered.
    func forget(_ stream: StreamReference) {
        guard http2.isOpen(stream), stream.slot < calls.count else { return }
        calls[stream.slot] = nil
    }

    /// The caller has gone: nothing is computed for it any more where that can still be helped.
    func giveUp(_ stream: StreamReference) {
        guard stream.slot < calls.count, let call = calls[stream.slot] else { return }
        calls[stream.slot] = nil
        load.remove(call)
        cancel(call)
    }

    /// Only for a call that is forgotten: what it waited for comes back from here, and is nobody's answer any more.
    func cancel(_ call: GRPCCall) {
        switch call.stage {
        case .working(let ticket): ticket?.cancel()
        case .inferring(let predictions): predictions.cancel()
        case .authenticating, .collecting, .reflecting, .watching: break
        }
    }

    // MARK: time

    /// Called once a second.
    func lookAfter(_ now: NIODeadline) {
        let takesTooLong = takesTooLong(now)
        guard !isClosing else {
            // What is written still goes out, for as long as the peer takes it.
            if takesTooLong || buffered == 0 { closeNow() }
            return
        }
        let limits = gateway.limits
        updateWatches()
        if isInsideHead(now), let since = times.headSince, now - since > limits.headTimeout {
            return end(.enhanceYourCalm, "the header block did not come in time")
        }
        if takesTooLong { return closeNow() }
        if isGoingAway(now), let since = times.goingSince, now - since > limits.goAwayTimeout { finishDrain() }
        guard http2.openStreams == 0 else {
            times.idleSince = nil
            return expireStreams(now)
        }
        let since = times.idleSince ?? max(now - .seconds(1), times.lastRead)
        times.idleSince = max(since, times.lastRead)
        if now - since > limits.idleTimeout { beginDrain() }
        if !isClosing, http2.isDrained { closeAfterFlush() }
    }

    private func isInsideHead(_ now: NIODeadline) -> Bool {
        guard http2.isGreeting || http2.isInsideHead else {
            times.headSince = nil
            return false
        }
        if times.headSince == nil { times.headSince = now }
        return true
    }

    /// Whether the peer was told to open no more calls, and has not said that it heard.
    private func isGoingAway(_ now: NIODeadline) -> Bool {
        guard http2.isGoingAway else {
            times.goingSince = nil
            return false
        }
        if times.goingSince == nil { times.goingSince = now }
        return true
    }

    /// Whether it is the peer's turn to go on with a message, and not ours to take it.
    private func isWaitingForMessage(_ stream: StreamReference) -> Bool {
        calls[stream.slot]?.isReading == true && !held.contains(stream)
    }

    /// Bytes that the channel holds, since the kernel has not taken them.
    private var buffered: Int { (try? context?.channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0 }

    /// Whether what waits for the peer has waited too long: without a byte of it taken, or taken at next to no rate. The
    /// count begins at the first look: what the kernel takes at once, for itself, is no merit of the peer's.
    private func takesTooLong(_ now: NIODeadline) -> Bool {
        let buffered = buffered
        guard buffered + http2.unsentBytes > 0 else {
            times.taking = nil
            return false
        }
        let taken = handedOver &- buffered
        let limits = gateway.limits.answerPace
        var taking =
            times.taking
            ?? Times.Taking(
                pace: TransferPace(begun: now, before: taken), taken: taken, deadline: now + limits.pause)
        if taken != taking.taken {
            taking.taken = taken
            taking.deadline = taking.pace.deadline(passed: taken, now: now, limits: limits)
        }
        times.taking = taking
        return now >= taking.deadline
    }

    /// Streams live as long as their callers want, and no longer than those go on with them.
    private func expireStreams(_ now: NIODeadline) {
        for stream in openCalls {
            guard let call = calls[stream.slot] else { continue }
            if call.remaining == 0 {
                finish(stream, GRPCStatus(.deadlineExceeded, "the call's deadline has passed"))
            } else if !isWaitingForMessage(stream) {
                call.coming = nil
            } else if call.comesTooSlowly(now, gateway.limits.bodyPace) {
                finish(stream, GRPCStatus(.deadlineExceeded, "the request's message did not come in time"))
            }
        }
    }

    // MARK: draining

    /// No call after those under way.
    func drain() {
        beginDrain()
        for stream in openCalls { endWhenIdle(stream) }
    }

    private func beginDrain() {
        lendMemory()
        http2.beginGoAway()
        if !isReading { flush() }
    }

    /// Who does not answer is taken to have heard: neither a drain nor the end of an idle connection is the peer's choice.
    private func finishDrain() {
        lendMemory()
        http2.finishGoAway()
        flush()
    }

    /// Ends a stream that would go on for ever, between its messages.
    func endWhenIdle(_ stream: StreamReference) {
        guard let call = call(stream) else { return }
        switch call.stage {
        case .inferring(let predictions): guard predictions.count == 0, call.reader.isBetweenMessages else { return }
        case .reflecting, .watching: break
        case .authenticating, .collecting, .working: return
        }
        finish(stream, GRPCStatus(.unavailable, "the server is stopping", retryAfterSeconds: 1))
    }

    // MARK: connections

    /// Ends the connection, and tells the peer why.
    private func end(_ code: HTTP2ErrorCode, _ message: String) {
        lendMemory()
        http2.end(code, message)
        isClosing = true
        flush()
        closeAfterFlush()
    }

    /// Nothing more is read; what is written is still sent.
    func closeAfterFlush() {
        isClosing = true
        guard let context, !isReading else { return }
        let sent = context.eventLoop.makePromise(of: Void.self)
        sent.futureResult.assumeIsolated().whenComplete { _ in self.closeNow() }
        context.writeAndFlush(wrapOutboundOut(ByteBuffer()), promise: sent)
    }

    func closeNow() {
        guard let context else { return }
        abandon()
        context.close(promise: nil)
    }

    /// Gives up whatever is under way, without an answer.
    func abandon() {
        isClosing = true
        let open = calls
        calls = []
        load = ConnectionLoad()
        held = []
        for case .some(let call) in open { cancel(call) }
    }
}
