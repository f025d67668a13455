import InferenceProtocol
import NIOCore
import Serving
import Tensors

/// Predictions: decode, run here or on the endpoint's threads, encode.
extension HTTPConnection {
    /// A request whose body is all there. Times are nanoseconds of `MonotonicClock`.
    func predict(_ exchange: Exchange, _ body: ByteBuffer, _ form: Route.PredictionForm) {
        guard let endpoint = exchange.endpoint else {
            return refuse(HTTPFault(.internalError, "the request has no endpoint"), exchange)
        }
        let start = MonotonicClock.nanoseconds()
        let decoded: DecodedPrediction
        do throws(ProtocolError) {
            decoded = try DecodedPrediction(
                body, form: form, headerLength: exchange.inferenceHeaderLength, signature: endpoint.signature)
        } catch {
            endpoint.statistics.recordFailure(nanoseconds: MonotonicClock.nanoseconds() &- start)
            return refuse(HTTPFault(error), exchange)
        }
        let decodeTime = MonotonicClock.nanoseconds() &- start
        let rows = endpoint.rows(of: decoded.request)
        let run = PredictionRun(endpoint: endpoint, decoded: decoded, rows: rows, start: start, decode: decodeTime)
        guard endpoint.runsInline(rows: rows) else { return submit(exchange, run) }
        do throws(PredictionError) {
            finish(exchange.form, run, .success(try endpoint.predict(decoded.request)))
        } catch {
            finish(exchange.form, run, .failure(error))
        }
    }

    /// Leaves the request to the endpoint's threads, and goes on when they have answered.
    private func submit(_ exchange: Exchange, _ run: PredictionRun) {
        phase = .computing(exchange)
        let bound = NIOLoopBound(self, eventLoop: loop.eventLoop)
        let eventLoop = loop.eventLoop
        let id = exchange.form.predictionID
        let job = run.endpoint.submit(run.decoded.request) { result in
            eventLoop.execute { bound.value.computed(id, run, result) }
        }
        var waiting = exchange
        waiting.job = job
        phase = .computing(waiting)
    }

    private func computed(
        _ id: PredictionID, _ run: PredictionRun, _ result: Result<PredictionResult, PredictionError>
    ) {
        guard case .computing(let exchange) = phase, exchange.form.predictionID == id else {
            // The caller has gone; nobody hears the answer, but it is counted.
            run.endpoint.statistics.recordFailure(nanoseconds: MonotonicClock.nanoseconds() &- run.start)
            return
        }
        phase = .head
        var form = exchange.form
        if loop.isDraining { form.keepAlive = false }
        finish(form, run, result)
        process()
        flush()
        resumeReading()
    }

    private func finish(
        _ form: AnswerForm, _ run: PredictionRun, _ result: Result<PredictionResult, PredictionError>
    ) {
        switch result {
        case .failure(let error):
            run.endpoint.statistics.recordFailure(nanoseconds: MonotonicClock.nanoseconds() &- run.start)
            refuse(HTTPFault(error), form: form, unread: nil, isManagement: false)
        case .success(let result):
            let start = MonotonicClock.nanoseconds()
            do throws(ProtocolError) {
                try encode(form, run, result)
            } catch {
                run.endpoint.statistics.recordFailure(nanoseconds: MonotonicClock.nanoseconds() &- run.start)
                return refuse(HTTPFault(error), form: form, unread: nil, isManagement: false)
            }
            run.endpoint.statistics.recordSuccess(
                EndpointStatistics.Timing(
                    rows: run.rows, queue: result.queue, decode: run.decode, compute: result.compute,
                    encode: MonotonicClock.nanoseconds() &- start))
        }
    }

    private func encode(
        _ form: AnswerForm, _ run: PredictionRun, _ result: PredictionResult
    ) throws(ProtocolError) {
        if run.decoded.hasBinaryOutputs { return try encodeBinary(form, run, result) }
        var output = takeOutput()
        let before = output.writerIndex
        var writer = AnswerWriter()
        writer.beginJSON(form: form, loop: loop, into: &output)
        do throws(ProtocolError) {
            _ = try run.encode(result, into: &output)
        } catch {
            output.moveWriterIndex(to: before)
            self.output = output
            throw error
        }
        writer.end(&output)
        self.output = output
        if !form.keepAlive { closesAfterFlush = true }
    }

    /// Binary tensors: the length of the JSON before them is a header, so the body is made first.
    private func encodeBinary(
        _ form: AnswerForm, _ run: PredictionRun, _ result: PredictionResult
    ) throws(ProtocolError) {
        let size = result.outputs.reduce(512) { $0 + $1.storage.byteCount + 128 }
        var body = (context?.channel.allocator ?? ByteBufferAllocator()).buffer(capacity: size)
        let headerLength = try run.encode(result, into: &body)
        var answer = Answer(.ok, body: body)
        if let headerLength {
            answer.contentType = "application/octet-stream"
            answer.fields = [("inference-header-content-length", String(headerLength))]
        }
        send(answer, form: form)
    }
}

/// One decoded prediction and where it goes.
struct PredictionRun: Sendable {
    var endpoint: Endpoint
    var decoded: DecodedPrediction
    var rows: Int
    /// When decoding began.
    var start: UInt64
    /// How long it took.
    var decode: UInt64

    /// Appends the answer's body; returns the length of its JSON when binary tensors follow.
    func encode(_ result: PredictionResult, into buffer: inout ByteBuffer) throws(ProtocolError) -> Int? {
        try decoded.encode(result.outputs, endpoint: endpoint, into: &buffer)
    }
}
