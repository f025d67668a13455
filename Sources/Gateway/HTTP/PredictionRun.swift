import InferenceProtocol
import NIOCore
import Serving
import Tensors

/// One decoded prediction, where it goes, and what it has cost so far in nanoseconds.
struct PredictionRun: Sendable {
    let endpoint: Endpoint
    let decoded: DecodedPrediction
    let rows: Int
    /// When decoding began.
    private let start: UInt64
    /// How long it took.
    private let decode: UInt64

    /// A body that does not fit counts as a failure of the endpoint's.
    static func decode(
        _ body: ByteBuffer, form: Route.PredictionForm, headers: PredictionHeaders, endpoint: Endpoint
    ) -> Result<PredictionRun, HTTPFault> {
        let start = MonotonicClock.nanoseconds()
        do throws(HTTPFault) {
            let decoded = try read(body, form: form, headers: headers, endpoint: endpoint)
            return .success(
                PredictionRun(
                    endpoint: endpoint, decoded: decoded, rows: endpoint.rows(of: decoded.request), start: start,
                    decode: MonotonicClock.nanoseconds() &- start))
        } catch {
            endpoint.statistics.recordFailure(nanoseconds: MonotonicClock.nanoseconds() &- start)
            return .failure(error)
        }
    }

    private static func read(
        _ body: ByteBuffer, form: Route.PredictionForm, headers: PredictionHeaders, endpoint: Endpoint
    ) throws(HTTPFault) -> DecodedPrediction {
        var body = body
        if let packing = headers.packing {
            let limit = endpoint.entry.options.maxBodyBytes
            do throws(PackedBodyError) {
                body = try packing.unpack(body, limit: limit)
            } catch {
                throw HTTPFault(error, limit: limit)
            }
        }
        do throws(ProtocolError) {
            return try DecodedPrediction(
                body, form: form, headerLength: headers.inferenceLength, signature: endpoint.signature)
        } catch {
            throw HTTPFault(error)
        }
    }

    private init(endpoint: Endpoint, decoded: DecodedPrediction, rows: Int, start: UInt64, decode: UInt64) {
        self.endpoint = endpoint
        self.decoded = decoded
        self.rows = rows
        self.start = start
        self.decode = decode
    }

    /// Appends the answer's body; returns the length of its JSON when binary tensors follow.
    func encode(_ result: PredictionResult, into buffer: inout ByteBuffer) throws(ProtocolError) -> Int? {
        try decoded.encode(result.outputs, endpoint: endpoint, into: &buffer)
    }

    /// The whole answer, its body written into `buffer`; counted either way.
    func answer(_ result: PredictionResult, _ buffer: ByteBuffer) -> Result<Answer, ProtocolError> {
        let begin = MonotonicClock.nanoseconds()
        var answer = Answer(.ok, body: buffer)
        do throws(ProtocolError) {
            if let headerLength = try encode(result, into: &answer.body) {
                answer.contentType = "application/octet-stream"
                answer.fields = [("inference-header-content-length", String(headerLength))]
            }
        } catch {
            recordFailure()
            return .failure(error)
        }
        recordSuccess(result, encode: MonotonicClock.nanoseconds() &- begin)
        return .success(answer)
    }

    func recordSuccess(_ result: PredictionResult, encode: UInt64) {
        endpoint.statistics.recordSuccess(
            EndpointStatistics.Timing(
                rows: rows, queue: result.queue, decode: decode, compute: result.compute, encode: encode))
    }

    func recordFailure() {
        endpoint.statistics.recordFailure(nanoseconds: MonotonicClock.nanoseconds() &- start)
    }
}

/// What a prediction's headers say about its body.
struct PredictionHeaders: Sendable {
    /// `Inference-Header-Content-Length`: bytes of JSON before binary tensors.
    var inferenceLength: Int?
    /// `Content-Encoding`; `nil` when the body is as it is.
    var packing: PackedBody?
}
