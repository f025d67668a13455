import InferenceProtocol
import Monitoring
import NIOCore
import Runtimes
import Serving
import Tensors

/// One prediction that was made again, as a line of JSON: `{"row": {...}}`. Tensors are written as the ledger's export
/// writes them, elements one after the other.
enum ReplayLine {
    static func write(_ row: LedgerRow, skipped refusal: ReplayedRequest.Refusal, into buffer: inout ByteBuffer) {
        begin(row, "skipped", &buffer)
        text("reason", refusal.reason.rawValue, &buffer)
        if let why = refusal.why { text("detail", why, &buffer) }
        buffer.writeString("}}\n")
    }

    static func write(_ row: LedgerRow, failed message: String, into buffer: inout ByteBuffer) {
        begin(row, "failed", &buffer)
        text("reason", message, &buffer)
        buffer.writeString("}}\n")
    }

    static func write(
        _ row: LedgerRow, _ answers: ShadowComparison.Answers, _ signature: Signature, nanoseconds: UInt64,
        into buffer: inout ByteBuffer
    ) {
        var apart = 0
        var isEqual = true
        var differences = answers.outputs.map { _ in 0.0 }
        for row in 0..<answers.rows {
            if answers.isApart(row) { apart += 1 }
            for place in answers.outputs.indices {
                isEqual = isEqual && answers.badness(row, place) == 0
                differences[place] = max(differences[place], answers.difference(row, place))
            }
        }
        begin(row, apart > 0 ? "apart" : isEqual ? "equal" : "within", &buffer)
        buffer.writeString(",\"rows\":\(answers.rows),\"rows_apart\":\(apart)")
        buffer.writeString(",\"latency_ms\":\(Double(row.nanoseconds) / 1e6)")
        buffer.writeString(",\"replayed_ms\":\(Double(nanoseconds) / 1e6),\"outputs\":[")
        for (place, index) in answers.outputs.enumerated() {
            buffer.writeString(place == 0 ? "{\"name\":" : ",{\"name\":")
            TensorText.writeQuoted(
                signature.outputs.indices.contains(index) ? signature.outputs[index].name : "", into: &buffer)
            elements("recorded", answers.primary[place], &buffer)
            elements("replayed", answers.candidate[place], &buffer)
            buffer.writeString(",\"difference\":\(differences[place])}")
        }
        buffer.writeString("]}}\n")
    }

    private static func begin(_ row: LedgerRow, _ outcome: String, _ buffer: inout ByteBuffer) {
        buffer.writeString("{\"row\":{\"prediction\":\"\(row.prediction.text)\",\"time\":\"\(row.time)\"")
        text("request_id", row.requestID, &buffer)
        buffer.writeString(",\"version\":\(row.version),\"outcome\":\"\(outcome)\"")
    }

    private static func text(_ name: String, _ value: String?, _ buffer: inout ByteBuffer) {
        buffer.writeString(",\"\(name)\":")
        guard let value else { return _ = buffer.writeString("null") }
        TensorText.writeQuoted(value, into: &buffer)
    }

    private static func elements(_ name: String, _ tensor: Tensor, _ buffer: inout ByteBuffer) {
        buffer.writeString(",\"\(name)\":[")
        TensorText.writeElements(tensor.elementType, tensor.storage, into: &buffer)
        buffer.writeString("]")
    }
}
