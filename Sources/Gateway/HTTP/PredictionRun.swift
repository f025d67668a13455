import InferenceProtocol
import NIOCore
import Serving
import Tensors

/// One decoded prediction, where it goes, and what it has cost so far in nanoseconds.
struct PredictionRun: Sendable {
    /// The version that answers.
    let endpoint: Endpoint
    /// Where a rollout chose that version; `nil` where none is open, and where the caller named one.
    private let arm: TrafficArm?
    let decoded: DecodedPrediction
    let rows: Int
    /// What its body takes of the memory for all of them; the tensors may lie in the body.
    private let share: BodyShare?
    /// When decoding began.
    private let start: UInt64
    /// How long it took.
    private let decode: UInt64

    /// When decoding ended, in nanoseconds of `MonotonicClock`.
    var decodedAt: UInt64 { start &+ decode }

    /// A body that does not fit counts as a failure of the endpoint's.
    ///
    /// - Parameter share: of the body as it came; grows where it is unpacked. `nil` for a small one that is not packed.
    static func decode(
        _ body: ByteBuffer, form: Route.PredictionForm, headers: PredictionHeaders, endpoint: Endpoint,
        for asker: Asker,
        share: BodyShare? = nil
    ) -> Result<PredictionRun, HTTPFault> {
        let start = MonotonicClock.nanoseconds()
        do throws(HTTPFault) {
            let decoded = try read(body, form: form, headers: headers, endpoint: endpoint, share: share)
            let arm = endpoint.traffic?.arm(for: decoded.request, key: headers.routingKey)
            return .success(
                PredictionRun(
                    endpoint: arm?.endpoint ?? endpoint, arm: arm, decoded: decoded,
                    rows: endpoint.rows(of: decoded.request), share: share, start: start,
                    decode: MonotonicClock.nanoseconds() &- start))
        } catch {
            let fault: PredictionFault = error.status == .contentTooLarge ? .tooLarge : .invalidRequest
            asker.failed(unread: fault, at: endpoint, since: start)
            return .failure(error)
        }
    }

    private static func read(
        _ body: ByteBuffer, form: Route.PredictionForm, headers: PredictionHeaders, endpoint: Endpoint,
        share: BodyShare?
    ) throws(HTTPFault) -> DecodedPrediction {
        var body = body
        if let packing = headers.packing {
            body = try unpack(body, packing, limit: endpoint.entry.options.maxBodyBytes, share: share)
        }
        do throws(ProtocolError) {
            return try DecodedPrediction(
                body, form: form, headerLength: headers.inferenceLength, signature: endpoint.signature,
                keyParameter: endpoint.traffic?.keyParameter, invocations: headers.invocations)
        } catch {
            throw HTTPFault(error)
        }
    }

    /// How large a body becomes is known only when it is unpacked: until then it takes what it may become.
    private static func unpack(
        _ body: ByteBuffer, _ packing: PackedBody, limit: Int, share: BodyShare?
    ) throws(HTTPFault) -> ByteBuffer {
        let limit = min(limit, share?.budget.limit ?? limit)
        if let share, !share.grow(to: limit) { throw HTTPFault(full: share.budget) }
        do throws(PackedBodyError) {
            let unpacked = try packing.unpack(body, limit: limit)
            share?.shrink(to: unpacked.readableBytes)
            return unpacked
        } catch {
            throw HTTPFault(error, limit: limit)
        }
    }

    private init(
        endpoint: Endpoint, arm: TrafficArm?, decoded: DecodedPrediction, rows: Int, share: BodyShare?, start: UInt64,
        decode: UInt64
    ) {
        self.endpoint = endpoint
        self.arm = arm
        self.decoded = decoded
        self.rows = rows
        self.share = share
        self.start = start
        self.decode = decode
    }

    /// Appends the answer's body; returns the length of its JSON when binary tensors follow.
    func encode(_ result: PredictionResult, into buffer: inout ByteBuffer) throws(ProtocolError) -> Int? {
        try decoded.encode(result.outputs, endpoint: endpoint, into: &buffer)
    }

    /// The whole answer, its body written into `buffer`; counted either way.
    func answer(
        _ result: PredictionResult, _ buffer: ByteBuffer, for asker: Asker
    ) -> Result<Answer, ProtocolError> {
        let begin = MonotonicClock.nanoseconds()
        var answer = Answer(.ok, body: buffer)
        if let type = decoded.answerType { answer.contentType = type }
        do throws(ProtocolError) {
            if let headerLength = try encode(result, into: &answer.body) {
                answer.contentType = "application/octet-stream"
                answer.fields = [("inference-header-content-length", String(headerLength))]
            }
        } catch {
            recordFailure(.notEncodable, for: asker)
            return .failure(error)
        }
        recordSuccess(result, encode: MonotonicClock.nanoseconds() &- begin, for: asker)
        return .success(answer)
    }

    /// What the model gave, for the rollout that chose it. Once, before the answer is written.
    func observe(_ result: Result<PredictionResult, PredictionError>, as prediction: PredictionID) {
        arm?.observe(decoded.request, result, as: prediction)
    }

    func recordSuccess(_ result: PredictionResult, encode: UInt64, for asker: Asker) {
        endpoint.statistics.recordSuccess(
            EndpointStatistics.Timing(
                rows: rows, queue: result.queue, decode: decode, compute: result.compute, encode: encode))
        asker.answered(decoded.request, result.outputs, by: endpoint, since: start)
    }

    func recordFailure(_ fault: PredictionFault, for asker: Asker) {
        endpoint.statistics.recordFailure(fault, nanoseconds: MonotonicClock.nanoseconds() &- start)
        asker.failed(decoded.request, fault, at: endpoint, since: start)
    }
}

/// What a prediction's headers say about its body.
struct PredictionHeaders: Sendable {
    /// `Inference-Header-Content-Length`: bytes of JSON before binary tensors.
    var inferenceLength: Int?
    /// `Content-Encoding`; `nil` when the body is as it is.
    var packing: PackedBody?
    /// What the header says that a rollout routes by.
    var routingKey: RoutingKey?
    /// What they say of a scoring request; `nil` for any other.
    var invocations: InvocationsHeaders?
    /// `traceparent`; `nil` where it is not there, or not valid.
    var trace: TraceContext?
}
