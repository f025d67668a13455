import Gateway
import HTTP2
import InferenceProtobuf
import InferenceProtocol
import Journal
import NIOCore
import Serving

/// From streams to calls: who may ask what, and the messages of each.
extension GRPCConnection {
    /// Nothing of a message is read for a caller who may not ask.
    func begin(_ stream: StreamReference, _ head: HTTP2RequestHead, isComplete: Bool) {
        let call: CallHead
        do throws(CallHead.Refusal) {
            call = try heads.call(head, methods: gateway.methods)
        } catch {
            switch error {
            case .http(let status): return refuse(stream, httpStatus: status)
            case .status(let status): return finish(stream, status)
            }
        }
        while calls.count <= stream.slot { calls.append(nil) }
        let new = GRPCCall(call)
        new.isComplete = isComplete
        calls[stream.slot] = new
        letIn(new, on: stream)
    }

    /// More bytes of a call, or its end.
    func take(_ bytes: ByteBuffer, on stream: StreamReference, isComplete: Bool) {
        guard let call = call(stream) else { return }
        call.isComplete = isComplete
        if bytes.readableBytes > 0 {
            call.received &+= bytes.readableBytes
            call.reader.add(bytes)
        }
        switch call.stage {
        case .collecting:
            http2.consumed(bytes.readableBytes, on: stream)
            collect(stream)
        case .inferring(let predictions):
            predictions.unconsumed += bytes.readableBytes
            infer(stream, predictions)
        case .reflecting:
            http2.consumed(bytes.readableBytes, on: stream)
            reflect(stream)
        case .authenticating: call.unconsumed += bytes.readableBytes
        case .working, .watching: break
        }
        weigh(call, on: stream)
    }

    /// Counts what the call holds by now, and refuses it when there is no room for that.
    func weigh(_ call: GRPCCall, on stream: StreamReference) {
        guard call.uncounted != call.weight, isAwaited(stream), !load.weigh(call, gateway.bodies) else { return }
        finish(stream, GRPCStatus(full: gateway.bodies))
    }

    /// The next message of a call; `nil` when it has not all come, and when the call is refused for it.
    func nextMessage(_ stream: StreamReference) -> MessageReader.Message? {
        guard let call = call(stream) else { return nil }
        do throws(GRPCStatus) {
            return try message(of: call, on: stream)
        } catch {
            finish(stream, error)
            return nil
        }
    }

    /// The same, for a caller who may go on after a message that is refused: then the reader is skipping it.
    func message(of call: GRPCCall, on stream: StreamReference) throws(GRPCStatus) -> MessageReader.Message? {
        var message = try call.reader.next(small: gateway.limits.smallMessage) {
            switch call.head.method.kind {
            case .infer, .inferStream: PredictionMessage.largest(in: call.space, gateway.dataPlane)
            case .unary, .healthWatch, .reflection: gateway.limits.smallMessage
            }
        }
        if message == nil {
            do throws(GRPCStatus) {
                try checkPartial(call, on: stream)
            } catch {
                call.reader.skip()
                throw error
            }
        } else {
            call.coming = nil
            if !call.isOpen { try letInAgain(call) }
        }
        if message?.isPacked == true, message?.share == nil { message?.share = BodyShare(gateway.bodies) }
        return message
    }

    /// A large message says at its front which endpoint it is for: it is refused by that one's limit before it is kept.
    private func checkPartial(_ call: GRPCCall, on stream: StreamReference) throws(GRPCStatus) {
        guard call.reader.hold(gateway.bodies) else { throw GRPCStatus(full: gateway.bodies) }
        guard let (arrived, length) = call.reader.progress,
            length > gateway.limits.smallMessage, let name = GRPCInferRequest.leadingName(of: arrived),
            let endpoint = gateway.dataPlane.endpoint(space: call.space, name: name)
        else { return }
        let limit = endpoint.entry.options.maxBodyBytes
        guard length > limit else { return }
        endpoint.statistics.recordFailure(.tooLarge, nanoseconds: 0)
        Asker(prediction: predictionID(of: stream), caller: call.caller, trace: call.head.trace).failed(
            nil, .tooLarge, at: endpoint, since: MonotonicClock.nanoseconds())
        throw MessageReader.tooLarge(length, limit: limit)
    }

    /// The bytes of a small message, which may be packed.
    private func unpacked(_ message: MessageReader.Message, _ head: CallHead) throws(GRPCStatus) -> ByteBuffer {
        try message.unpacked(head.packing, limit: gateway.limits.smallMessage)
    }

    // MARK: methods that take one message

    private func collect(_ stream: StreamReference) {
        while let message = nextMessage(stream) {
            guard let call = call(stream), call.message == nil else {
                return finish(stream, GRPCStatus(.internalError, "the method takes one message, and more came"))
            }
            call.message = message
        }
        guard let call = call(stream), call.isComplete else { return }
        guard call.reader.isBetweenMessages else {
            return finish(stream, GRPCStatus(.internalError, "the request ends in the middle of a message"))
        }
        guard let message = call.message else {
            return finish(stream, GRPCStatus(.internalError, "the method takes a message, and none came"))
        }
        call.message = nil
        if case .infer = call.head.method.kind { return predict(stream, call, message) }
        do throws(GRPCStatus) {
            let bytes = try unpacked(message, call.head)
            switch call.head.method.kind {
            case .unary(let method): answer(stream, call, method, bytes)
            case .healthWatch: try watch(stream, bytes)
            case .infer, .inferStream, .reflection: break
            }
        } catch {
            finish(stream, error)
        }
    }

    /// What is no prediction may take its time, so it is left to a task.
    private func answer(_ stream: StreamReference, _ call: GRPCCall, _ method: UnaryMethod, _ message: ByteBuffer) {
        call.stage = .working(nil)
        let bound = NIOLoopBound(self, eventLoop: loop.eventLoop)
        let eventLoop = loop.eventLoop
        let (services, space, caller) = (gateway.services, call.space, call.caller)
        Task {
            let result: Result<ByteBuffer, GRPCStatus>
            do throws(GRPCStatus) {
                result = .success(try await services.answer(method, message, space: space, caller: caller))
            } catch {
                result = .failure(error)
            }
            eventLoop.execute { bound.value.answered(stream, result) }
        }
    }

    func answered(_ stream: StreamReference, _ result: Result<ByteBuffer, GRPCStatus>) {
        guard http2.isOpen(stream) else { return }
        switch result {
        case .success(let message):
            send(message: message, on: stream)
            finish(stream, .ok)
        case .failure(let status): finish(stream, status)
        }
    }

    // MARK: streams beside predictions

    private func reflect(_ stream: StreamReference) {
        while let message = nextMessage(stream) {
            guard let call = call(stream) else { return }
            do throws(GRPCStatus) {
                send(message: try gateway.services.reflect(try unpacked(message, call.head)), on: stream)
            } catch {
                return finish(stream, error)
            }
        }
        finishWhenComplete(stream)
    }

    /// Ends a stream whose requests are all there and answered.
    func finishWhenComplete(_ stream: StreamReference) {
        guard let call = call(stream), call.isComplete else { return }
        guard call.reader.isBetweenMessages else {
            return finish(stream, GRPCStatus(.internalError, "the request ends in the middle of a message"))
        }
        finish(stream, .ok)
    }

    private func watch(_ stream: StreamReference, _ question: ByteBuffer) throws(GRPCStatus) {
        let said = try gateway.services.healthStatus(question)
        calls[stream.slot]?.stage = .watching(question: question, said: said)
        send(message: said, on: stream)
    }

    /// Says what has changed to those who watch.
    func updateWatches() {
        for stream in openCalls {
            guard case .watching(let question, let said) = calls[stream.slot]?.stage,
                let now = try? gateway.services.healthStatus(question), now != said
            else { continue }
            calls[stream.slot]?.stage = .watching(question: question, said: now)
            send(message: now, on: stream)
        }
    }
}
