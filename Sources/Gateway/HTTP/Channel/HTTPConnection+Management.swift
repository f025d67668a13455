import NIOCore

/// Management: a task of its own for each request; the body goes to it as it comes and as it is wanted.
extension HTTPConnection {
    func manage(_ exchange: Exchange, _ head: ForwardedHead, _ reader: BodyReader) {
        let call = ManagementCall(
            head: head, match: exchange.match, caller: exchange.caller, connection: self)
        bodyIsPaused = false
        phase = .streaming(exchange, call, reader)
        call.start(gateway.management)
    }

    /// Hands on what has come of the body; false when it takes more bytes, or the task has enough for now.
    func streamBody(_ exchange: Exchange, _ call: ManagementCall, _ reader: BodyReader) -> Bool {
        var reader = reader
        var exchange = exchange
        do throws(HTTPFault) {
            while !bodyIsPaused {
                switch try reader.next(&buffer) {
                case .needsMore:
                    phase = .streaming(exchange, call, reader)
                    return false
                case .end:
                    phase = .managing(exchange, call)
                    call.bodyEnded()
                    return true
                case .piece(let piece):
                    guard piece.readableBytes <= exchange.bodyLimit else {
                        throw Self.tooLarge(gateway.limits.upload)
                    }
                    // A document is collected by whoever reads it; a file goes to disk as it comes.
                    if exchange.match.route.body == .small { try hold(reader.taken) }
                    exchange.bodyLimit -= piece.readableBytes
                    bodyIsPaused = !call.bodyCame(piece)
                }
            }
            phase = .streaming(exchange, call, reader)
            return false
        } catch {
            call.callerLeft()
            refuse(error, form: exchange.form, unread: reader, in: exchange.match.route.answerer.dialect)
            return true
        }
    }

    /// The task has room for more.
    func bodyWanted() {
        guard bodyIsPaused else { return }
        bodyIsPaused = false
        process()
        flush()
        resumeReading()
    }

    /// The task has its answer.
    func managed(_ call: ManagementCall, _ answer: Answer) {
        var form: AnswerForm
        let unread: BodyReader?
        let route: Route
        switch phase {
        case .managing(let exchange, let current) where current === call:
            (form, unread, route) = (exchange.form, nil, exchange.match.route)
        case .streaming(let exchange, let current, let reader) where current === call:
            (form, unread, route) = (exchange.form, reader, exchange.match.route)
        default: return
        }
        // A wrong signature is a guess as a wrong key is, found out later.
        if route.isSigned, answer.status == .unauthorized {
            gateway.authority.recordGuess(from: context?.remoteAddress)
        }
        if loop.isDraining { form.keepAlive = false }
        bodyIsPaused = false
        conclude(answer, form: form, unread: unread)
        process()
        flush()
        resumeReading()
    }
}
