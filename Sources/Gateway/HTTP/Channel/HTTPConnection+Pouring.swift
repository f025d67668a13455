import Logging
import NIOCore

/// An answer that is made while it is sent: the task that makes it waits for the socket, so that neither
/// side needs memory for the whole.
struct Pouring {
    let call: ManagementCall
    let form: AnswerForm
    /// Bytes that are still to come; `nil` where nobody knows, and the body ends when its maker says so.
    var left: Int?
    /// Who waits for the socket to take what there is.
    var waiter: CheckedContinuation<Bool, Never>?
}

extension HTTPConnection {
    /// Sends the head of an answer whose body comes piece by piece; false when nobody wants the body: the caller has left,
    /// or asked for the head alone.
    func pour(_ call: ManagementCall, head: Answer, length: Int?) -> Bool {
        var form: AnswerForm
        switch phase {
        case .managing(let exchange, let current) where current === call: form = exchange.form
        case .streaming(let exchange, let current, _) where current === call:
            // What is left of a body that nobody reads is not worth keeping the connection for.
            form = exchange.form
            form.keepAlive = false
        default: return false
        }
        if loop.isDraining { form.keepAlive = false }
        bodyIsPaused = false
        if length == nil, form.isHTTP10 { form.keepAlive = false }
        guard !form.isHead, length != 0 else {
            var answer = head
            answer.declaredLength = length
            conclude(answer, form: form, unread: nil)
            return resume(false)
        }
        var output = takeOutput()
        if let length {
            var writer = AnswerWriter()
            writer.begin(
                head.status, contentType: head.contentType, fields: head.fields, form: form, loop: loop, into: &output)
            writer.end(&output, length: length)
        } else {
            var writer = AnswerWriter()
            writer.beginUnmeasured(
                head.status, contentType: head.contentType, fields: head.fields, form: form, loop: loop, into: &output)
        }
        self.output = output
        phase = .pouring(Pouring(call: call, form: form, left: length))
        share = nil
        setDeadline()
        flush()
        return true
    }

    private func resume(_ value: Bool) -> Bool {
        process()
        flush()
        resumeReading()
        return value
    }

    /// The next piece of the body. `waiter` hears true once there is room for another, false when the caller has left.
    func pour(_ call: ManagementCall, piece: ByteBuffer, waiter: CheckedContinuation<Bool, Never>) {
        guard case .pouring(var pouring) = phase, pouring.call === call, let context,
            piece.readableBytes <= pouring.left ?? .max
        else { return waiter.resume(returning: false) }
        if let left = pouring.left {
            pouring.left = left - piece.readableBytes
            phase = .pouring(pouring)
            queue(piece, context)
        } else if pouring.form.isHTTP10 {
            queue(piece, context)
        } else {
            queue(ByteBuffer(string: String(piece.readableBytes, radix: 16) + "\r\n"), context)
            queue(piece, context)
            queue(ByteBuffer(staticString: "\r\n"), context)
        }
        hasUnflushed = false
        context.flush()
        // Writing may have ended the connection.
        guard case .pouring(var now) = phase, now.call === call else { return waiter.resume(returning: false) }
        if now.left == 0 {
            waiter.resume(returning: true)
            endPouring(now)
        } else if context.channel.isWritable {
            waiter.resume(returning: true)
        } else {
            now.waiter = waiter
            phase = .pouring(now)
        }
    }

    /// All of a body of unknown length has come.
    func pourEnded(_ call: ManagementCall) {
        guard case .pouring(let pouring) = phase, pouring.call === call, pouring.left == nil else { return }
        if !pouring.form.isHTTP10, let context { queue(ByteBuffer(staticString: "0\r\n\r\n"), context) }
        endPouring(pouring)
    }

    private func endPouring(_ pouring: Pouring) {
        phase = .head
        if !pouring.form.keepAlive { closesAfterFlush = true }
        _ = resume(true)
    }

    /// The socket has room again.
    func pourOn() {
        guard case .pouring(var pouring) = phase, let waiter = pouring.waiter else { return }
        pouring.waiter = nil
        phase = .pouring(pouring)
        waiter.resume(returning: true)
    }

    /// The rest will not come: the caller sees an answer that is cut off, which no whole one can be taken for.
    func pourFailed(_ call: ManagementCall, _ why: String) {
        guard case .pouring(let pouring) = phase, pouring.call === call else { return }
        gateway.logger.error("an answer was broken off", metadata: ["error.message": "\(why)"])
        closeNow()
    }
}
