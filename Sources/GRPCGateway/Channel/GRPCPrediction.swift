import Gateway
import Identity
import InferenceProtobuf
import InferenceProtocol
import NIOCore
import Serving
import Tensors

/// One decoded prediction, where it goes, and what it has cost so far in nanoseconds.
struct GRPCPrediction: Sendable {
    /// The version that answers.
    let endpoint: Endpoint
    /// Where a rollout chose that version; `nil` where none is open, and where the caller named one.
    private let arm: TrafficArm?
    let request: InferenceRequest
    private let wantsFinalMark: Bool
    let rows: Int
    /// Of its message; the tensors may lie in it.
    private let share: BodyShare?
    private let asker: Asker
    /// When decoding began.
    private let start: UInt64
    /// How long it took.
    private let decode: UInt64

    /// When decoding ended, in nanoseconds of `MonotonicClock`.
    var decodedAt: UInt64 { start &+ decode }

    /// A message that does not fit counts as a failure of the endpoint's.
    fileprivate init(
        _ message: ByteBuffer, head: GRPCInferRequest, call: CallHead, endpoint: Endpoint, share: BodyShare?,
        asker: Asker, start: UInt64
    ) throws(GRPCStatus) {
        do throws(ProtocolError) {
            var request = try GRPCInferRequestDecoder.decode(message, signature: endpoint.signature)
            if let name = endpoint.traffic?.keyParameter {
                request.routingKey = try GRPCInferRequest.routingKey(of: message, parameter: name)
            }
            self.request = request
        } catch {
            asker.failed(unread: .invalidRequest, at: endpoint, since: start)
            throw GRPCStatus(error)
        }
        let key = endpoint.traffic?.keyHeader.flatMap { call.metadata($0) }
        arm = endpoint.traffic?.arm(for: request, key: key?.withUnsafeBytes { RoutingKey($0) })
        self.endpoint = arm?.endpoint ?? endpoint
        self.share = share
        self.asker = asker
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
            recordFailure(.notEncodable)
            throw error
        }
        endpoint.statistics.recordSuccess(
            EndpointStatistics.Timing(
                rows: rows, queue: result.queue, decode: decode, compute: result.compute,
                encode: MonotonicClock.nanoseconds() &- begin))
        asker.answered(request, result.outputs, by: endpoint, since: start)
    }

    /// What the model gave, for the rollout that chose it. Once, before the answer is written.
    func observe(_ result: Result<PredictionResult, PredictionError>, as prediction: PredictionID) {
        arm?.observe(request, result, as: prediction)
    }

    /// Counts what nobody waits for any more.
    func recordUnheard(_ result: Result<PredictionResult, PredictionError>) {
        guard case .failure(.deadlineExceeded) = result else { return recordFailure(.cancelled) }
        recordFailure(.deadlineExceeded)
    }

    func recordFailure(_ fault: PredictionFault) {
        endpoint.statistics.recordFailure(fault, nanoseconds: MonotonicClock.nanoseconds() &- start)
        asker.failed(request, fault, at: endpoint, since: start)
    }
}

/// A message that asks for a prediction, before anything of it is read.
struct PredictionMessage: Sendable {
    let message: MessageReader.Message
    /// Of the call that it belongs to.
    let call: CallHead
    let space: String
    let asker: Asker
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
            let bytes = try message.unpacked(call.packing, limit: limit)
            let head = try Self.head(of: bytes)
            id = head.id
            let endpoint = try endpoint(head)
            guard bytes.readableBytes <= endpoint.entry.options.maxBodyBytes else {
                asker.failed(unread: .tooLarge, at: endpoint, since: start)
                throw MessageReader.tooLarge(bytes.readableBytes, limit: endpoint.entry.options.maxBodyBytes)
            }
            // Most of what comes while a line is full need not even be read; but a limit counts what was asked.
            if asker.caller.meter == nil, let refusal = endpoint.refusal {
                asker.failed(unread: PredictionFault(refusal), at: endpoint, since: start)
                throw GRPCStatus(refusal)
            }
            return try GRPCPrediction(
                bytes, head: head, call: call, endpoint: endpoint, share: message.share, asker: asker,
                start: start)
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
        guard asker.caller.reaches(endpoint: head.modelName) else {
            throw GRPCStatus(EndpointLookup.NotFound(name: head.modelName, space: space))
        }
        let found: Endpoint
        do throws(EndpointLookup.NotFound) {
            found = try EndpointLookup.find(
                space: space, name: head.modelName, version: head.modelVersion, in: dataPlane)
        } catch {
            throw GRPCStatus(error)
        }
        if call.variant == nil, found.traffic == nil, found.variant == nil { return found }
        return try variant(of: found)
    }

    /// `endpoint`, or the variant of it that the metadata name.
    private func variant(of endpoint: Endpoint) throws(GRPCStatus) -> Endpoint {
        let own = VariantChoice.ownHeader(of: endpoint, in: dataPlane).flatMap { call.metadata($0) }
        let names = [call.variant, own.map { String(decoding: $0, as: UTF8.self) }].compactMap { $0 }
        do throws(VariantChoice.Refusal) {
            return try VariantChoice.find(names, of: endpoint, in: dataPlane)
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
