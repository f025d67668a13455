import NIOCore
import Serving

/// How a connection ends: by its peer, by time, by a refusal, or because the server drains.
extension HTTPConnection {
    /// Sets when the connection is given up, from what it waits for now.
    func setDeadline() {
        let limits = gateway.limits
        switch phase {
        case .head:
            if buffer.readableBytes == 0 {
                // From the next look on: no clock is read for a connection that is asked again and again.
                deadline = .distantFuture
                isFreshlyIdle = true
                pace = nil
                isHeadTimed = false
                return
            } else if !isHeadTimed {
                // From the first byte on, whatever trickles in after it.
                deadline = loop.eventLoop.now + limits.headTimeout
                isHeadTimed = true
            }
            isFreshlyIdle = false
            return
        case .body(_, let reader), .discard(let reader): waitForBody(reader)
        case .streaming(_, _, let reader):
            if bodyIsPaused { pauseBody() } else { waitForBody(reader) }
        case .managing, .pouring, .computing, .authenticating: waitForOthers()
        case .lingering, .closed: break
        }
        isHeadTimed = false
        isFreshlyIdle = false
    }

    private func waitForBody(_ reader: BodyReader) {
        let now = loop.eventLoop.now
        let received = reader.taken + buffer.readableBytes
        var pace = self.pace ?? TransferPace(begun: now, before: received)
        pace.resume(at: now)
        self.pace = pace
        deadline = pace.deadline(passed: received, now: now, limits: gateway.limits.bodyPace)
    }

    /// A task has enough of the body for now.
    private func pauseBody() {
        pace?.pause(at: loop.eventLoop.now)
        deadline = .distantFuture
    }

    /// What the peer does or does not do costs it nothing meanwhile.
    private func waitForOthers() {
        pace = nil
        deadline = .distantFuture
    }

    /// Called once a second.
    func checkDeadline(_ now: NIODeadline) {
        if writeDeadline != .distantFuture { watchWriting(now) }
        if isFreshlyIdle {
            isFreshlyIdle = false
            deadline = now + gateway.limits.idleTimeout
        }
        if now >= writeDeadline {
            closeNow()
        } else if now >= deadline, writeDeadline == .distantFuture {
            deadline = .distantFuture
            expire()
        }
    }

    /// A peer that takes its answer is not one that does not, unless it takes next to nothing of it. The count begins at
    /// the first look: what the kernel takes at once, for itself, is no merit of the peer's.
    private func watchWriting(_ now: NIODeadline) {
        guard let left = try? context?.channel.syncOptions?.getOption(.bufferedWritableBytes) else { return }
        guard var taking = self.taking else {
            self.taking = AnswerTaking(pace: TransferPace(begun: now, before: 0), unsentBefore: left, unsent: left)
            return
        }
        guard left != taking.unsent else { return }
        taking.unsent = left
        self.taking = taking
        writeDeadline = taking.pace.deadline(
            passed: taking.unsentBefore - left, now: now, limits: gateway.limits.answerPace)
    }

    private func expire() {
        switch phase {
        case .head where buffer.readableBytes > 0:
            refuseAndClose(HTTPFault(.requestTimeout, "the request's headers did not come in time"))
        case .body(let exchange, _):
            refuseAndClose(HTTPFault(.requestTimeout, "the request's body did not come in time"), exchange)
        default: closeNow()
        }
    }

    private func refuseAndClose(_ fault: HTTPFault, _ exchange: Exchange? = nil) {
        var fault = fault
        fault.endsConnection = true
        refuse(fault, exchange)
        flush()
    }

    /// No request after the one under way.
    func drain() {
        // Of an answer that is about to be sent, the connection's end comes behind it.
        if case .head = phase, buffer.readableBytes == 0, output != nil { closesAfterFlush = true }
        guard let context, isIdle else { return }
        // The last answer may still be on its way out: it goes first.
        let sent = context.eventLoop.makePromise(of: Void.self)
        sent.futureResult.assumeIsolated().whenComplete { _ in if self.isIdle { self.closeNow() } }
        context.writeAndFlush(wrapOutboundOut(ByteBuffer()), promise: sent)
    }

    private var isIdle: Bool {
        if case .head = phase { buffer.readableBytes == 0 && output == nil } else { false }
    }

    /// After the last answer: no more is sent, and what still comes is thrown away for a moment, because closing with
    /// unread bytes would reset the connection and could take the answer with it.
    func linger() {
        guard let context else { return }
        switch phase {
        case .closed, .lingering: return
        default: break
        }
        phase = .lingering
        buffer = ByteBuffer()
        isFreshlyIdle = false
        deadline = loop.eventLoop.now + gateway.limits.writeTimeout
        let sent = context.eventLoop.makePromise(of: Void.self)
        sent.futureResult.assumeIsolated().whenComplete { _ in self.closeOutput() }
        context.writeAndFlush(wrapOutboundOut(ByteBuffer()), promise: sent)
        resumeReading()
    }

    private func closeOutput() {
        guard let context, !inputClosed else { return closeNow() }
        outputClosed = true
        deadline = loop.eventLoop.now + gateway.limits.lingerTimeout
        context.close(mode: .output).assumeIsolated().whenFailure { _ in self.closeNow() }
    }

    func closeNow() {
        guard let context else { return }
        if case .closed = phase { return }
        abandon()
        context.close(promise: nil)
    }

    /// Gives up whatever is under way, without an answer.
    func abandon() {
        let last = phase
        phase = .closed
        buffer = ByteBuffer()
        output = nil
        share = nil
        deadline = .distantFuture
        writeDeadline = .distantFuture
        switch last {
        case .computing(let exchange): exchange.ticket?.cancel()
        case .streaming(_, let call, _): call.callerLeft()
        case .pouring(let pouring): pouring.waiter?.resume(returning: false)
        default: break
        }
    }
}
