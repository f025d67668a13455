import Gateway
import Identity
import InferenceProtobuf
import InferenceProtocol
import NIOCore
import Serving
import Tensors

/// One decoded prediction, where it goes, and what it has cost so far in nanoseconds.
struct GRPCPrediction: Sendable {
    let endpoint: Endpoint
    let request: InferenceRequest
    private let wantsFinalMark: Bool
    let rows: Int
    /// Of its message; the tensors may lie in it.
    private let share: BodyShare?
    /// When decoding began.
    private let start: UInt64
    /// How long it took.
    private let decode: UInt64

    /// When decoding ended, in nanoseconds of `MonotonicClock`.
    var decodedAt: UInt64 { start &+ decode }

    /// A message that does not fit counts as a failure of the endpoint's.
    fileprivate init(
        _ message: ByteBuffer, head: GRPCInferRequest, endpoint: Endpoint, share: BodyShare?, start: UInt64
    ) throws(GRPCStatus) {
        do throws(ProtocolError) {
            request = try GRPCInferRequestDecoder.decode(message, signature: endpoint.signature)
        } catch {
            endpoint.statistics.recordFailure(nanoseconds: MonotonicClock.nanoseconds() &- start)
            throw GRPCStatus(error)
        }
        self.endpoint = endpoint
        self.share = share
        self.wantsFinalMark = head.wantsFinalMark
        self.rows = endpoint.rows(of: request)
        self.start = start
        self.decode = MonotonicClock.nanoseconds() &- start
    }

    /// Appends the answer behind its prefix, and counts it either way.
    ///
    /// - Parameter isStreamed: whether it is an answer of `ModelStreamInfer`.
    func encode(
        _ result: PredictionResult, isStreamed: Bool, into buffer: inout ByteBuffer
    ) throws(ProtocolError) {
        let begin = MonotonicClock.nanoseconds()
        do throws(ProtocolError) {
            try buffer.writeMessage { (buffer) throws(ProtocolError) in
                if isStreamed {
                    try GRPCInferResponseEncoder.encodeStreamed(
                        modelName: endpoint.entry.name, modelVersion: endpoint.versionText, id: request.id,
                        outputs: result.outputs, requested: request.outputs, labels: { _ in endpoint.labels },
                        isFinal: wantsFinalMark, into: &buffer)
                } else {
                    try GRPCInferResponseEncoder.encode(
                        modelName: endpoint.entry.name, modelVersion: endpoint.versionText, id: request.id,
                        outputs: result.outputs, requested: request.outputs, labels: { _ in endpoint.labels },
                        into: &buffer)
                }
            }
        } catch {
            recordFailure()
            throw error
        }
        endpoint.statistics.recordSuccess(
            EndpointStatistics.Timing(
                rows: rows, queue: result.queue, decode: decode, compute: result.compute,
                encode: MonotonicClock.nanoseconds() &- begin))
    }

    func recordFailure() {
        endpoint.statistics.recordFailure(nanoseconds: MonotonicClock.nanoseconds() &- start)
    }
}

/// A message that asks for a prediction, before anything of it is read.
struct PredictionMessage: Sendable {
    let message: MessageReader.Message
    let packing: PackedBody?
    let space: String
    let caller: Caller
    let dataPlane: DataPlane

    /// Why there is no prediction, and what the caller called it, for the answer in a stream.
    struct Refusal: Error {
        var status: GRPCStatus
        var id: String?
    }

    /// Whether it takes too long to decode for an event loop, which others share.
    var isLarge: Bool { message.isPacked || message.bytes.readableBytes > 256 << 10 }

    func decode() throws(Refusal) -> GRPCPrediction {
        let start = MonotonicClock.nanoseconds()
        var id: String?
        do throws(GRPCStatus) {
            let limit = message.isPacked ? Self.largest(in: space, dataPlane) : 0
            let bytes = try message.unpacked(packing, limit: limit)
            let head = try Self.head(of: bytes)
            id = head.id
            let endpoint = try endpoint(head)
            guard bytes.readableBytes <= endpoint.entry.options.maxBodyBytes else {
                endpoint.statistics.recordFailure(nanoseconds: MonotonicClock.nanoseconds() &- start)
                throw MessageReader.tooLarge(bytes.readableBytes, limit: endpoint.entry.options.maxBodyBytes)
            }
            return try GRPCPrediction(bytes, head: head, endpoint: endpoint, share: message.share, start: start)
        } catch {
            throw Refusal(status: error, id: id)
        }
    }

    private static func head(of bytes: ByteBuffer) throws(GRPCStatus) -> GRPCInferRequest {
        do throws(ProtocolError) {
            return try GRPCInferRequest.head(of: bytes)
        } catch {
            throw GRPCStatus(error)
        }
    }

    private func endpoint(_ head: GRPCInferRequest) throws(GRPCStatus) -> Endpoint {
        guard caller.reaches(endpoint: head.modelName) else {
            throw GRPCStatus(EndpointLookup.NotFound(name: head.modelName, space: space))
        }
        do throws(EndpointLookup.NotFound) {
            return try EndpointLookup.find(
                space: space, name: head.modelName, version: head.modelVersion, in: dataPlane)
        } catch {
            throw GRPCStatus(error)
        }
    }

    /// What the endpoint that takes the largest messages takes: until a message says which it is for.
    static func largest(in space: String, _ dataPlane: DataPlane) -> Int {
        dataPlane.endpoints.lazy.filter { $0.entry.space == space }.map(\.entry.options.maxBodyBytes).max() ?? 0
    }
}

extension ByteBuffer {
    /// Appends a message, not packed, behind its prefix; the buffer is as it was when `write` fails.
    mutating func writeMessage<Failure: Error>(
        _ write: (inout ByteBuffer) throws(Failure) -> Void
    ) throws(Failure) {
        let start = writerIndex
        writeMultipleIntegers(UInt8(0), UInt32(0))
        do throws(Failure) {
            try write(&self)
        } catch {
            moveWriterIndex(to: start)
            throw error
        }
        let length = writerIndex - start - MessageReader.prefixLength
        setInteger(UInt32(truncatingIfNeeded: length), at: start + 1)
    }
}
