import Identity
import InferenceProtocol
import NIOCore
import NIOPosix
import Serving
import Tensors

/// Predictions: decode, run here or on the endpoint's threads, encode.
extension HTTPConnection {
    /// What takes more bytes to decode or to encode is done off the event loop, which others share.
    static let decodedHere = 256 << 10
    static let encodedHere = 256 << 10

    /// A request whose body is all there. Times are nanoseconds of `MonotonicClock`.
    func predict(_ exchange: Exchange, _ body: ByteBuffer, _ form: Route.PredictionForm) {
        guard let endpoint = exchange.endpoint else {
            return refuse(HTTPFault(.internalError, "the request has no endpoint"), exchange)
        }
        let asker = exchange.asker
        // Most of what comes while a line is full need not even be read; but a limit counts what was asked.
        if asker.caller.meter == nil, let refusal = endpoint.refusal {
            asker.failed(unread: PredictionFault(refusal), at: endpoint, since: MonotonicClock.nanoseconds())
            return refuse(HTTPFault(refusal), exchange)
        }
        if exchange.headers.packing != nil || Self.bytesToRead(body, exchange, endpoint, form) > Self.decodedHere {
            let headers = exchange.headers
            let share = exchange.share ?? BodyShare(gateway.bodies)
            elsewhere(exchange) {
                PredictionRun.decode(
                    body, form: form, headers: headers, endpoint: endpoint, for: asker, share: share)
            } then: { connection, exchange, result in
                connection.decoded(exchange, endpoint, result, mayRunHere: false)
            }
            return
        }
        let result = PredictionRun.decode(
            body, form: form, headers: exchange.headers, endpoint: endpoint, for: asker, share: exchange.share)
        // A worker is given a copy, which takes its time too.
        decoded(exchange, endpoint, result, mayRunHere: body.readableBytes <= Self.decodedHere)
    }

    /// Bytes that decoding looks at. The binary tensor of a model's one input is used where it lies, of whatever size, unless
    /// each of its elements has to be looked at, or its memory is not aligned.
    private static func bytesToRead(
        _ body: ByteBuffer, _ exchange: Exchange, _ endpoint: Endpoint, _ form: Route.PredictionForm
    ) -> Int {
        guard body.readableBytes > decodedHere, form == .openInference, let json = exchange.headers.inferenceLength,
            json <= body.readableBytes, endpoint.signature.inputs.count == 1,
            let type = endpoint.signature.inputs.first?.elementType, type != .bytes, type != .bool
        else { return body.readableBytes }
        let start = body.withUnsafeReadableBytes { Int(bitPattern: $0.baseAddress) } &+ json
        return start & 7 == 0 ? json : body.readableBytes
    }

    private func decoded(
        _ exchange: Exchange, _ endpoint: Endpoint, _ result: Result<PredictionRun, HTTPFault>, mayRunHere: Bool
    ) {
        switch result {
        case .failure(let fault): refuse(fault, exchange)
        case .success(let run):
            guard let variant = run.endpoint.variant else { return start(exchange, run, mayRunHere: mayRunHere) }
            var exchange = exchange
            exchange.form.variant = variant
            start(exchange, run, mayRunHere: mayRunHere)
        }
    }

    /// Runs it here, or leaves it to the endpoint's threads and goes on when they have answered.
    private func start(_ exchange: Exchange, _ run: PredictionRun, mayRunHere: Bool) {
        guard let meter = exchange.caller.meter else { return begin(exchange, nil, run, mayRunHere: mayRunHere) }
        let quota: QuotaState?
        do throws(QuotaRefusal) {
            quota = try meter.take(rows: run.rows, now: run.decodedAt)
        } catch {
            run.recordFailure(.quota, for: exchange.asker)
            var form = exchange.form
            form.quota = error.state
            return refuse(HTTPFault(AccessRefusal.quota(error)), form: form, unread: nil, in: .prediction)
        }
        begin(exchange, quota, run, mayRunHere: mayRunHere)
    }

    /// - Parameter quota: what is left of the caller's limits.
    private func begin(_ exchange: Exchange, _ quota: QuotaState?, _ run: PredictionRun, mayRunHere: Bool) {
        if mayRunHere, let here = run.endpoint.runHere(run.decoded.request, at: run.decodedAt) {
            return finish(exchange, quota, run, here.result, since: here.ended)
        }
        let bound = NIOLoopBound(self, eventLoop: loop.eventLoop)
        let eventLoop = loop.eventLoop
        let asker = exchange.asker
        let begun = run.endpoint.start(run.decoded.request, mayRunHere: mayRunHere, eventLoop: eventLoop) { result in
            // A batch made on this very loop answers here, and needs no way round.
            if eventLoop.inEventLoop { return bound.value.computed(asker, run, result) }
            eventLoop.execute { bound.value.computed(asker, run, result) }
        }
        switch begun {
        case .answered(let result): finish(exchange, quota, run, result)
        case .pending(let ticket):
            var waiting = exchange
            waiting.form.quota = quota
            waiting.ticket = ticket
            phase = .computing(waiting)
        }
    }

    private func computed(
        _ asker: Asker, _ run: PredictionRun, _ result: Result<PredictionResult, PredictionError>
    ) {
        guard case .computing(let exchange) = phase, exchange.form.predictionID == asker.prediction else {
            // The caller has gone; nobody hears the answer, but it is counted.
            run.observe(result, as: asker.prediction)
            run.recordFailure(.cancelled, for: asker)
            return
        }
        goOn { self.finish(exchange, exchange.form.quota, run, result) }
    }

    /// Runs `work` on a thread that may take its time, then `then` back here, unless the caller has gone by then.
    private func elsewhere<Value: Sendable>(
        _ exchange: Exchange, _ work: @escaping @Sendable () -> Value,
        then: @escaping @Sendable (HTTPConnection, Exchange, Value) -> Void
    ) {
        phase = .computing(exchange)
        let bound = NIOLoopBound(self, eventLoop: loop.eventLoop)
        let eventLoop = loop.eventLoop
        let id = exchange.form.predictionID
        NIOThreadPool.singleton.submit { _ in
            let value = work()
            eventLoop.execute {
                let connection = bound.value
                guard case .computing(let exchange) = connection.phase, exchange.form.predictionID == id else { return }
                connection.goOn { then(connection, exchange, value) }
            }
        }
    }

    /// Takes up a request that others worked for, and then those behind it.
    private func goOn(_ step: () -> Void) {
        phase = .head
        step()
        process()
        flush()
        resumeReading()
    }

    private func finish(
        _ exchange: Exchange, _ quota: QuotaState?, _ run: PredictionRun,
        _ result: Result<PredictionResult, PredictionError>, since now: UInt64 = MonotonicClock.nanoseconds()
    ) {
        var form = exchange.form
        form.quota = quota
        if loop.isDraining { form.keepAlive = false }
        run.observe(result, as: form.predictionID)
        switch result {
        case .failure(let error):
            run.recordFailure(PredictionFault(error), for: exchange.asker)
            refuse(HTTPFault(error), form: form, unread: nil, in: .prediction)
        case .success(let result):
            let size = result.outputs.reduce(0) { $0 + $1.storage.byteCount }
            if run.decoded.hasBinaryOutputs || run.decoded.answerType != nil || size > Self.encodedHere {
                encodeApart(exchange, form, run, result, size: size)
            } else {
                encodeHere(exchange.asker, form, run, result, since: now)
            }
        }
    }

    /// The shortest way: the body is written right behind its head.
    private func encodeHere(
        _ asker: Asker, _ form: AnswerForm, _ run: PredictionRun, _ result: PredictionResult, since start: UInt64
    ) {
        var output = takeOutput()
        let before = output.writerIndex
        var writer = AnswerWriter()
        writer.beginJSON(form: form, loop: loop, into: &output)
        do throws(ProtocolError) {
            _ = try run.encode(result, into: &output)
        } catch {
            output.moveWriterIndex(to: before)
            self.output = output
            run.recordFailure(.notEncodable, for: asker)
            return refuse(HTTPFault(error), form: form, unread: nil, in: .prediction)
        }
        writer.end(&output)
        self.output = output
        if !form.keepAlive { closesAfterFlush = true }
        run.recordSuccess(result, encode: MonotonicClock.nanoseconds() &- start, for: asker)
    }

    /// A body of its own: with binary tensors the length of the JSON before them is a header, so the body comes first;
    /// a large one is made off the event loop.
    private func encodeApart(
        _ exchange: Exchange, _ form: AnswerForm, _ run: PredictionRun, _ result: PredictionResult, size: Int
    ) {
        let allocator = context?.channel.allocator ?? ByteBufferAllocator()
        // The encoder refuses what is too large for one buffer; until then nothing may ask for one.
        let capacity = min(size, 1 << 30) + 1024
        let asker = exchange.asker
        let work: @Sendable () -> Result<Answer, ProtocolError> = {
            run.answer(result, allocator.buffer(capacity: capacity), for: asker)
        }
        if size <= Self.encodedHere { return encoded(form, work()) }
        elsewhere(exchange, work) { connection, _, answer in
            var form = form
            if connection.loop.isDraining { form.keepAlive = false }
            connection.encoded(form, answer)
        }
    }

    private func encoded(_ form: AnswerForm, _ answer: Result<Answer, ProtocolError>) {
        switch answer {
        case .success(let answer): send(answer, form: form)
        case .failure(let error): refuse(HTTPFault(error), form: form, unread: nil, in: .prediction)
        }
    }
}
