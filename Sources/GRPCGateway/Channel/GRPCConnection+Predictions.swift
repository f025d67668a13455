import Gateway
import HTTP2
import InferenceProtocol
import NIOCore
import NIOPosix
import Serving
import Tensors

/// `ModelInfer`: decode, run here or on the endpoint's threads, encode.
extension GRPCConnection {
    /// Outputs beyond these many bytes are encoded off the event loop, which others share.
    static let encodedHere = 256 << 10

    func predict(_ stream: StreamReference, _ call: GRPCCall, _ message: MessageReader.Message) {
        let asked = PredictionMessage(
            message: message, call: call.head, space: call.space,
            asker: Asker(prediction: predictionID(of: stream), caller: call.caller, trace: call.head.trace),
            dataPlane: gateway.dataPlane)
        guard !asked.isLarge else {
            call.stage = .working(nil)
            return elsewhere {
                asked.decoded()
            } then: { connection, result in
                connection.decoded(stream, result, mayRunHere: false)
            }
        }
        decoded(stream, asked.decoded(), mayRunHere: true)
    }

    private func decoded(
        _ stream: StreamReference, _ result: Result<GRPCPrediction, PredictionMessage.Refusal>, mayRunHere: Bool
    ) {
        guard let call = call(stream) else { return }
        switch result {
        case .failure(let refusal): finish(stream, refusal.status)
        case .success(let prediction):
            call.variant = prediction.endpoint.variant
            do throws(GRPCStatus) {
                try count(prediction, call)
            } catch {
                prediction.recordFailure(.quota)
                return finish(stream, error)
            }
            if mayRunHere, call.remaining != 0,
                let here = prediction.endpoint.runHere(prediction.request, at: prediction.decodedAt)
            {
                return computed(stream, prediction, here.result)
            }
            let begun = start(prediction, call, mayRunHere: mayRunHere) { connection, result in
                connection.computed(stream, prediction, result)
            }
            switch begun {
            case .answered(let result): computed(stream, prediction, result)
            case .pending(let ticket): call.stage = .working(ticket)
            }
        }
    }

    /// Has a prediction made, and `then` called on this loop when that takes longer than now. A caller whose time is up
    /// costs nothing more.
    func start(
        _ prediction: GRPCPrediction, _ call: GRPCCall, mayRunHere: Bool,
        then: @escaping @Sendable (GRPCConnection, Result<PredictionResult, PredictionError>) -> Void
    ) -> PredictionStart {
        let remaining = call.remaining
        if remaining == 0 {
            let allowed = Int(clamping: (call.head.timeout ?? 0) / 1_000_000)
            return .answered(.failure(.deadlineExceeded(milliseconds: allowed)))
        }
        let bound = NIOLoopBound(self, eventLoop: loop.eventLoop)
        let eventLoop = loop.eventLoop
        let patience = call.patience
        return prediction.endpoint.start(
            prediction.request, timeout: remaining, mayRunHere: mayRunHere, eventLoop: eventLoop
        ) { result in
            // A batch made on this very loop answers here, and needs no way round; so does what is given up.
            if eventLoop.inEventLoop { return then(bound.value, patience?.judged(result) ?? result) }
            eventLoop.execute { then(bound.value, result) }
        }
    }

    private func computed(
        _ stream: StreamReference, _ prediction: GRPCPrediction, _ result: Result<PredictionResult, PredictionError>
    ) {
        prediction.observe(result, as: predictionID(of: stream))
        // Nobody hears the answer of a caller who has gone, but it is counted.
        guard isAwaited(stream) else { return prediction.recordUnheard(result) }
        switch result {
        case .failure(let error):
            prediction.recordFailure(PredictionFault(error))
            finish(stream, GRPCStatus(error))
        case .success(let result):
            if result.size > Self.encodedHere {
                calls[stream.slot]?.stage = .working(nil)
                return elsewhere {
                    prediction.encoded(result, isStreamed: false, ByteBuffer())
                } then: { connection, answer in
                    connection.encoded(stream, answer)
                }
            }
            let memory = loop.takeMessage(context?.channel.allocator ?? ByteBufferAllocator())
            encoded(stream, prediction.encoded(result, isStreamed: false, memory))
        }
    }

    private func encoded(_ stream: StreamReference, _ answer: Result<ByteBuffer, GRPCStatus>) {
        guard http2.isOpen(stream) else { return }
        switch answer {
        case .failure(let status): finish(stream, status)
        case .success(let framed):
            send(framed: framed, on: stream)
            loop.giveBack(message: framed)
            finish(stream, .ok)
        }
    }

    /// Runs `work` on a thread that may take its time, then `then` back here.
    func elsewhere<Value: Sendable>(
        _ work: @escaping @Sendable () -> Value, then: @escaping @Sendable (GRPCConnection, Value) -> Void
    ) {
        let bound = NIOLoopBound(self, eventLoop: loop.eventLoop)
        let eventLoop = loop.eventLoop
        NIOThreadPool.singleton.submit { _ in
            let value = work()
            eventLoop.execute { then(bound.value, value) }
        }
    }
}

extension PredictionMessage {
    func decoded() -> Result<GRPCPrediction, Refusal> {
        do throws(Refusal) {
            return .success(try decode())
        } catch {
            return .failure(error)
        }
    }
}

extension GRPCPrediction {
    /// The answer behind its prefix, written into `memory`.
    func encoded(
        _ result: PredictionResult, isStreamed: Bool, _ memory: ByteBuffer
    ) -> Result<ByteBuffer, GRPCStatus> {
        var buffer = memory
        do throws(ProtocolError) {
            try encode(result, isStreamed: isStreamed, into: &buffer)
            return .success(buffer)
        } catch {
            return .failure(GRPCStatus(error))
        }
    }
}

extension PredictionResult {
    /// Bytes of all outputs.
    var size: Int { outputs.reduce(0) { $0 &+ $1.storage.byteCount } }
}
