import InferenceProtocol
import Journal
import NIOCore
import Serving
import Tensors

/// How rows are written for other programs.
package enum LedgerFormat: String, Sendable, Hashable, CaseIterable {
    /// One JSON object for each prediction, on a line of its own.
    case jsonl
    /// One line for each prediction, one column for each input and output.
    case csv
}

/// Writes rows as lines of text.
protocol RowText {
    /// What comes before the first row.
    func begin(into buffer: inout ByteBuffer)
    func write(_ row: LedgerRow, into buffer: inout ByteBuffer)
}

/// One JSON object for each row; inputs and outputs as the Open Inference Protocol writes tensors.
struct JSONLinesText: RowText {
    let space: String
    let endpoint: String
    let model: String

    func begin(into buffer: inout ByteBuffer) {}

    func write(_ row: LedgerRow, into buffer: inout ByteBuffer) {
        buffer.writeString("{\"time\":\"\(row.time)\",\"prediction\":\"\(row.prediction.text)\"")
        text("request_id", row.requestID, &buffer)
        text("caller", row.principal, &buffer)
        text("key", row.key, &buffer)
        text("space", space, &buffer)
        text("endpoint", endpoint, &buffer)
        text("model", model, &buffer)
        buffer.writeString(",\"version\":\(row.version),\"revision\":\(row.revision)")
        text("variant", row.variant, &buffer)
        text("error", row.fault?.word, &buffer)
        buffer.writeString(",\"latency_ms\":\(Double(row.nanoseconds) / 1e6)")
        text("trace", row.trace?.text, &buffer)
        tensors("inputs", row.inputs, &buffer)
        tensors("outputs", row.outputs, &buffer)
        buffer.writeString("}\n")
    }

    private func text(_ name: String, _ value: String?, _ buffer: inout ByteBuffer) {
        buffer.writeString(",\"\(name)\":")
        guard let value else { return _ = buffer.writeString("null") }
        TensorText.writeQuoted(value, into: &buffer)
    }

    private func tensors(_ name: String, _ tensors: [LedgerTensor], _ buffer: inout ByteBuffer) {
        buffer.writeString(",\"\(name)\":[")
        for (index, tensor) in tensors.enumerated() {
            buffer.writeString(index == 0 ? "{\"name\":" : ",{\"name\":")
            TensorText.writeQuoted(tensor.name, into: &buffer)
            let shape = tensor.shape.dimensions.map { String($0) }.joined(separator: ",")
            buffer.writeString(",\"datatype\":\"\(tensor.elementType.rawValue)\",\"shape\":[\(shape)]")
            switch tensor.content {
            case .whole(let storage):
                buffer.writeString(",\"data\":[")
                TensorText.writeElements(tensor.elementType, storage, into: &buffer)
                buffer.writeString("]}")
            case .hashed(let bytes):
                buffer.writeString(",\"hashed\":")
                HashText.write(bytes, into: &buffer)
                buffer.writeString("}")
            case .excluded: buffer.writeString(",\"left_out\":\"excluded\"}")
            case .tooLarge: buffer.writeString(",\"left_out\":\"too large\"}")
            }
        }
        buffer.writeString("]")
    }
}

/// The hashes of a tensor's elements as a JSON list of hexadecimal digits.
enum HashText {
    static func write(_ bytes: [UInt8], into buffer: inout ByteBuffer) {
        buffer.writeString("[")
        for start in stride(from: 0, to: bytes.count, by: FieldRules.hashBytes) {
            let hash = bytes[start..<min(start + FieldRules.hashBytes, bytes.count)]
            let digits = hash.map { $0 < 16 ? "0" + String($0, radix: 16) : String($0, radix: 16) }.joined()
            buffer.writeString((start == 0 ? "\"" : ",\"") + digits + "\"")
        }
        buffer.writeString("]")
    }
}
