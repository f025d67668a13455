import Identity
import Journal
import NIOCore
import Serving

/// From bytes to a request, and to whoever answers it.
extension HTTPConnection {
    // MARK: head

    /// Reads headers; false when they have not all come.
    func readHead() -> Bool {
        let result: Result<RequestHeadParser.Progress, HTTPFault> = buffer.withUnsafeReadableBytes { bytes in
            do throws(HTTPFault) {
                return .success(try parser.parse(bytes))
            } catch {
                return .failure(error)
            }
        }
        switch result {
        case .success(.needsMore): return false
        case .success(.complete(let length)): accept(headLength: length)
        case .failure(let fault): refuse(fault)
        }
        return true
    }

    /// The head is complete: who may ask, what is asked, how much of a body that takes; then the body.
    func accept(headLength: Int) {
        let head = parser.head
        var form = AnswerForm(predictionID: loop.nextPredictionID())
        form.isHTTP10 = head.isHTTP10
        form.keepAlive = head.keepAlive && !loop.isDraining
        form.isHead = head.method == .head
        var admission: Admission?
        var exchange: Exchange?
        var fault: HTTPFault?
        var forwarded: ForwardedHead?
        buffer.withUnsafeReadableBytes { bytes in
            do throws(HTTPFault) {
                admission = try admit(bytes, headLength: headLength)
                guard let admission else { return }
                exchange = try self.exchange(bytes, form, admission)
                if admission.match.route.answerer.takesItsTime {
                    forwarded = ForwardedHead(bytes, head, fields: parser.fields)
                }
            } catch {
                fault = error
            }
        }
        // Their token is being checked: then the head is taken up again, where it is.
        if exchange == nil, fault == nil { return }
        buffer.moveReaderIndex(forwardBy: headLength)
        parser.reset()
        isHeadTimed = false
        if let exchange { return begin(exchange, head.framing, head.expectsContinue, forwarded) }
        guard var fault else { return }
        form.isScoring = lastMatch?.route.isScoring ?? false
        if head.expectsContinue { fault.endsConnection = true }
        if let quota = fault.quota {
            form.quota = quota
        } else if let admission {
            form = countedForm(form, admission.caller, admission.match)
        }
        refuse(fault, form: form, unread: BodyReader(head.framing, limits: gateway.limits), in: lastDialect)
    }

    private func exchange(
        _ bytes: UnsafeRawBufferPointer, _ form: AnswerForm, _ admission: Admission
    ) throws(HTTPFault) -> Exchange {
        let head = parser.head
        let match = admission.match
        var exchange = Exchange(
            match: match, caller: admission.caller, form: form, bodyLimit: gateway.limits.smallBody)
        switch match.route.body {
        case .small: break
        case .upload: exchange.bodyLimit = gateway.limits.upload
        case .endpointLimit:
            exchange.form.isScoring = match.route.isScoring
            if match.name.isEmpty { throw InvocationTarget.undecided(in: match.space, of: gateway.dataPlane) }
            if match.route.isScoring { exchange.headers.invocations = try invocationsHeaders(head, bytes) }
            let endpoint = try endpoint(of: match)
            exchange.endpoint = try variant(of: endpoint, bytes, &exchange.headers)
            exchange.headers.inferenceLength = head.inferenceHeaderLength
            if let trace = head.traceparent {
                exchange.headers.trace = TraceContext(UnsafeRawBufferPointer(rebasing: bytes[trace]))
            }
            exchange.bodyLimit = endpoint.entry.options.maxBodyBytes
        }
        if let packed = head.contentEncoding {
            exchange.headers.packing = try packing(UnsafeRawBufferPointer(rebasing: bytes[packed]), match.route)
        }
        if case .length(let length) = head.framing {
            guard length <= exchange.bodyLimit else { throw Self.tooLarge(exchange.bodyLimit) }
            if match.route.body != .upload { try checkRoom(for: length) }
        }
        return exchange
    }

    /// Predictions may come packed; anything else, and anything unknown, may not.
    private func packing(_ coding: UnsafeRawBufferPointer, _ route: Route) throws(HTTPFault) -> PackedBody {
        let isPrediction = route.body == .endpointLimit
        if isPrediction, let packing = PackedBody(coding) { return packing }
        let name = Name.excerpt(of: String(decoding: coding, as: UTF8.self))
        throw HTTPFault(
            .unsupportedMediaType, "the body is packed as '\(name)', which is not taken here",
            fields: [("accept-encoding", isPrediction ? "gzip, deflate" : "identity")])
    }

    static func tooLarge(_ limit: Int) -> HTTPFault {
        HTTPFault(.contentTooLarge, "the body is larger than the \(limit) bytes that are taken here")
    }

    func route(_ target: UnsafeRawBufferPointer, _ method: HTTPMethod) throws(HTTPFault) -> RouteMatch {
        if let lastMatch, method == lastMethod, lastTarget.count == target.count,
            lastTarget.withUnsafeBytes({ HTTPSyntax.same($0, target) })
        {
            return lastMatch
        }
        lastMatch = nil
        lastTarget.removeAll(keepingCapacity: true)
        lastTarget.append(contentsOf: target)
        let path = PathSegments.split(target).path
        let match = try gateway.routes.match(method, path: UnsafeRawBufferPointer(rebasing: target[path]))
        lastMethod = method
        lastMatch = match
        return match
    }

    /// The endpoint of `match`, remembered for as long as the same endpoints are there. It keeps no model in memory: that
    /// is up to its place.
    private func endpoint(of match: RouteMatch) throws(HTTPFault) -> Endpoint {
        // Before the look-up: what is installed in between is then looked up again.
        let edition = gateway.dataPlane.edition
        if let last = lastEndpoint, last.match === match, last.edition == edition { return last.endpoint }
        let endpoint = try EndpointLookup.find(match, in: gateway.dataPlane)
        lastEndpoint = (match, endpoint, edition)
        return endpoint
    }

    /// Who reads what is said about the last request.
    var lastDialect: ErrorDialect { ErrorDialect(target: lastTarget) }

    private func begin(
        _ exchange: Exchange, _ framing: BodyFraming, _ expectsContinue: Bool, _ forwarded: ForwardedHead?
    ) {
        if expectsContinue, framing != .none, buffer.readableBytes == 0 {
            var output = takeOutput()
            output.writeStaticString("HTTP/1.1 100 Continue\r\n\r\n")
            self.output = output
            flush()
        }
        // The pace of the body before says nothing about this one, of which other bytes are counted.
        pace = nil
        var reader = BodyReader(framing, limits: gateway.limits)
        guard let forwarded else {
            if let whole = reader.whole(&buffer) {
                answer(exchange, whole)
            } else {
                phase = .body(exchange, reader)
            }
            return
        }
        manage(exchange, forwarded, reader)
    }

    // MARK: body

    /// Collects a body; answers when it is all there.
    func readBody(_ exchange: Exchange, _ reader: BodyReader) -> Bool {
        var reader = reader
        if let whole = reader.whole(&buffer) {
            phase = .head
            answer(exchange, whole)
            return true
        }
        if reader.remaining != nil {
            do throws(HTTPFault) {
                try hold(buffer.readableBytes)
                return false
            } catch {
                refuse(error, form: countedForm(exchange), unread: reader, in: .prediction)
                return true
            }
        }
        var exchange = exchange
        // The phase gives its copy up first, so that what was collected is not copied at each piece.
        phase = .head
        do throws(HTTPFault) {
            while true {
                switch try reader.next(&buffer) {
                case .needsMore:
                    phase = .body(exchange, reader)
                    return false
                case .end:
                    answer(exchange, exchange.body ?? loop.nothing)
                    return true
                case .piece(var piece):
                    var body = exchange.body ?? ByteBuffer()
                    // Given up there, so that what was collected is not copied at each piece.
                    exchange.body = nil
                    guard piece.readableBytes <= exchange.bodyLimit - body.readableBytes else {
                        throw Self.tooLarge(exchange.bodyLimit)
                    }
                    try hold(reader.taken)
                    body.writeBuffer(&piece)
                    exchange.body = body
                }
            }
        } catch {
            refuse(error, form: countedForm(exchange), unread: reader, in: .prediction)
            return true
        }
    }

    private func countedForm(_ exchange: Exchange) -> AnswerForm {
        countedForm(exchange.form, exchange.caller, exchange.match)
    }

    func discardBody(_ reader: BodyReader) -> Bool {
        var reader = reader
        do throws(HTTPFault) {
            while true {
                switch try reader.next(&buffer) {
                case .piece: continue
                case .needsMore:
                    phase = .discard(reader)
                    return false
                case .end:
                    phase = .head
                    return true
                }
            }
        } catch {
            closeNow()
            return false
        }
    }

    // MARK: answers

    /// The whole request is here.
    private func answer(_ exchange: Exchange, _ body: ByteBuffer) {
        // Its head may have come before the drain began.
        if share != nil || loop.isDraining {
            var exchange = exchange
            if loop.isDraining { exchange.form.keepAlive = false }
            exchange.share = share
            share = nil
            return pass(exchange, body)
        }
        pass(exchange, body)
    }

    /// To whoever answers it.
    private func pass(_ exchange: Exchange, _ body: ByteBuffer) {
        switch exchange.match.route.answerer {
        case .prediction(let form): predict(exchange, body, form)
        case .memory, .management, .mlflow:
            send(gateway.memory.answer(exchange.match, body, exchange.caller), form: exchange.form)
        }
    }

    func send(_ answer: Answer, form: AnswerForm) {
        var output = takeOutput()
        var writer = AnswerWriter()
        writer.begin(
            answer.status, contentType: answer.contentType, fields: answer.fields, form: form, loop: loop, into: &output
        )
        if form.isHead {
            writer.end(&output, length: answer.declaredLength ?? answer.body.readableBytes)
            self.output = output
        } else {
            sendBody(answer.body, behind: &output, writer)
        }
        if !form.keepAlive { closesAfterFlush = true }
    }

    /// Copies a small body behind its head; sends a large one as it is.
    func sendBody(_ body: ByteBuffer, behind output: inout ByteBuffer, _ writer: AnswerWriter) {
        writer.end(&output, length: body.readableBytes)
        if body.readableBytes <= 16 << 10 {
            output.writeImmutableBuffer(body)
            self.output = output
            return
        }
        guard let context else { return }
        queue(output, context)
        queue(body, context)
    }

    // MARK: refusals

    func refuse(_ fault: HTTPFault, _ exchange: Exchange? = nil) {
        let form = exchange.map(countedForm) ?? AnswerForm(predictionID: loop.nextPredictionID())
        refuse(fault, form: form, unread: nil, in: .prediction)
    }

    func refuse(_ fault: HTTPFault, form: AnswerForm, unread: BodyReader?, in dialect: ErrorDialect) {
        let answer = ErrorAnswer.make(fault, in: form.isScoring ? .scoring : dialect)
        conclude(answer, form: form, unread: unread, endsConnection: fault.endsConnection)
    }

    /// Answers before the body was read. What is left of it is thrown away when it is little; else the connection ends.
    func conclude(_ answer: Answer, form: AnswerForm, unread: BodyReader?, endsConnection: Bool = false) {
        var form = form
        var rest: BodyReader?
        if endsConnection { form.keepAlive = false }
        if let unread, unread.remaining != 0 {
            if let remaining = unread.remaining, remaining <= gateway.limits.discard {
                rest = unread
            } else {
                form.keepAlive = false
            }
        }
        phase = .head
        share = nil
        send(answer, form: form)
        if let rest, form.keepAlive { phase = .discard(rest) }
    }
}
