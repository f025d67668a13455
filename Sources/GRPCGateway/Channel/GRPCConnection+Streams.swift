import Gateway
import HTTP2
import InferenceProtobuf
import InferenceProtocol
import NIOCore
import Serving

/// `ModelStreamInfer`: several predictions at once, their answers in the order of the requests. One that fails is
/// answered with its error, and the stream goes on.
extension GRPCConnection {
    /// Takes up as many messages as may be under way, and leaves the rest with the peer.
    func infer(_ stream: StreamReference, _ predictions: InferStream) {
        while let call = call(stream) {
            guard !isFull(stream, predictions) else {
                if !held.contains(stream) { held.append(stream) }
                return
            }
            do throws(GRPCStatus) {
                guard let message = try message(of: call, on: stream) else { break }
                begin(stream, predictions, call, message)
            } catch {
                // One that is too large is answered like any other that fails, unless nobody knows where it ends.
                guard call.reader.isSkipping else { return finish(stream, error) }
                predictions.fail(predictions.append(), error.message, id: nil)
            }
            sendReady(stream, predictions)
        }
        guard http2.isOpen(stream) else { return }
        http2.consumed(predictions.unconsumed, on: stream)
        predictions.unconsumed = 0
        if predictions.count == 0 { finishWhenComplete(stream) }
    }

    private func isFull(_ stream: StreamReference, _ predictions: InferStream) -> Bool {
        predictions.count >= gateway.limits.streamWidth
            || http2.unsentBytes > 0 && http2.unsentBytes(on: stream) > gateway.limits.streamBacklog
    }

    /// Goes on with streams that waited for their answers to leave.
    func resumeHeld() {
        let waiting = held
        held = []
        for stream in waiting {
            guard let call = call(stream), case .inferring(let predictions) = call.stage else { continue }
            infer(stream, predictions)
            weigh(call, on: stream)
        }
    }

    private func begin(
        _ stream: StreamReference, _ predictions: InferStream, _ call: GRPCCall, _ message: MessageReader.Message
    ) {
        let number = predictions.append()
        let asked = PredictionMessage(
            message: message, call: call.head, space: call.space,
            asker: Asker(prediction: predictionID(of: stream), caller: call.caller, trace: call.head.trace),
            dataPlane: gateway.dataPlane)
        guard asked.isLarge else {
            return decoded(stream, predictions, number, call, asked.decoded(), mayRunHere: true)
        }
        elsewhere {
            asked.decoded()
        } then: { connection, result in
            guard let call = connection.call(stream), case .inferring(let predictions) = call.stage else { return }
            connection.decoded(stream, predictions, number, call, result, mayRunHere: false)
            connection.goOn(stream, predictions)
        }
    }

    private func decoded(
        _ stream: StreamReference, _ predictions: InferStream, _ number: Int, _ call: GRPCCall,
        _ result: Result<GRPCPrediction, PredictionMessage.Refusal>, mayRunHere: Bool
    ) {
        switch result {
        case .failure(let refusal): predictions.fail(number, refusal.status.message, id: refusal.id)
        case .success(let prediction):
            do throws(GRPCStatus) {
                try count(prediction, call)
            } catch {
                prediction.recordFailure(.quota)
                return predictions.fail(number, error.message, id: prediction.request.id)
            }
            let begun = start(prediction, call, mayRunHere: mayRunHere) { connection, result in
                guard case .inferring(let predictions) = connection.call(stream)?.stage else {
                    prediction.observe(result, as: connection.predictionID(of: stream))
                    return prediction.recordUnheard(result)
                }
                connection.computed(stream, predictions, number, prediction, result)
                connection.goOn(stream, predictions)
            }
            switch begun {
            case .answered(let result): computed(stream, predictions, number, prediction, result)
            case .pending(let ticket): predictions.set(number, .pending(ticket))
            }
        }
    }

    private func computed(
        _ stream: StreamReference, _ predictions: InferStream, _ number: Int, _ prediction: GRPCPrediction,
        _ result: Result<PredictionResult, PredictionError>
    ) {
        prediction.observe(result, as: predictionID(of: stream))
        switch result {
        case .failure(let error):
            prediction.recordFailure(PredictionFault(error))
            // The stream's time is up, and not only that of one prediction.
            if case .deadlineExceeded = error, call(stream)?.remaining == 0 {
                return finish(stream, GRPCStatus(error))
            }
            predictions.fail(number, error.description, id: prediction.request.id)
        case .success(let result):
            guard result.size > Self.encodedHere else {
                let answer = prediction.encoded(result, isStreamed: true, ByteBuffer())
                return predictions.answer(number, answer, id: prediction.request.id)
            }
            elsewhere {
                prediction.encoded(result, isStreamed: true, ByteBuffer())
            } then: { connection, answer in
                guard case .inferring(let predictions) = connection.call(stream)?.stage else { return }
                predictions.answer(number, answer, id: prediction.request.id)
                connection.goOn(stream, predictions)
            }
        }
    }

    /// Sends what is ready, and takes up what waited for it.
    private func goOn(_ stream: StreamReference, _ predictions: InferStream) {
        sendReady(stream, predictions)
        infer(stream, predictions)
        if let call = call(stream) { weigh(call, on: stream) }
        if predictions.count == 0, loop.isDraining { endWhenIdle(stream) }
    }

    private func sendReady(_ stream: StreamReference, _ predictions: InferStream) {
        while let answer = predictions.takeReady() { send(framed: answer, on: stream) }
    }
}

extension InferStream {
    func answer(_ number: Int, _ answer: Result<ByteBuffer, GRPCStatus>, id: String?) {
        switch answer {
        case .success(let framed): set(number, .ready(framed))
        case .failure(let status): fail(number, status.message, id: id)
        }
    }

    /// An answer that says why there is none.
    func fail(_ number: Int, _ message: String, id: String?) {
        var framed = ByteBuffer()
        framed.writeMessage { GRPCInferResponseEncoder.encodeStreamError(message, id: id, into: &$0) }
        set(number, .ready(framed))
    }
}
