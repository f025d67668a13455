import InferenceProtocol
import Journal
import NIOCore
import Serving

/// One line for each row (RFC 4180): what is known of the prediction, then a column for each input and output. A cell is
/// the tensor's elements as JSON, in lists as its shape has them; `(excluded)`, `(too large)` where they were left out;
/// empty where the prediction has no such tensor.
struct CSVText: RowText {
    private static let known = [
        "time", "prediction", "request_id", "caller", "key", "version", "revision", "variant", "error", "latency_ms",
        "trace",
    ]

    /// Names of tensors, in the order of their columns.
    private let inputs: [String]
    private let outputs: [String]

    init(inputs: [String], outputs: [String]) {
        self.inputs = inputs
        self.outputs = outputs
    }

    func begin(into buffer: inout ByteBuffer) {
        let names = Self.known + inputs.map { "input:" + $0 } + outputs.map { "output:" + $0 }
        buffer.writeString(names.map(Self.quoted).joined(separator: ",") + "\r\n")
    }

    func write(_ row: LedgerRow, into buffer: inout ByteBuffer) {
        let known = [
            row.time.description, row.prediction.text, row.requestID ?? "", row.principal, row.key ?? "",
            String(row.version), String(row.revision), row.variant ?? "", row.fault?.word ?? "",
            String(Double(row.nanoseconds) / 1e6), row.trace?.text ?? "",
        ]
        buffer.writeString(known.map(Self.quoted).joined(separator: ","))
        for (names, tensors) in [(inputs, row.inputs), (outputs, row.outputs)] {
            for name in names {
                buffer.writeString(",")
                if let tensor = tensors.first(where: { $0.name == name }) { Self.write(tensor, into: &buffer) }
            }
        }
        buffer.writeString("\r\n")
    }

    private static func write(_ tensor: LedgerTensor, into buffer: inout ByteBuffer) {
        var cell = ByteBuffer()
        switch tensor.content {
        case .whole(let storage):
            TensorText.writeLists(tensor.elementType, tensor.shape, storage, into: &cell)
        case .hashed(let bytes): HashText.write(bytes, into: &cell)
        case .excluded: cell.writeString("(excluded)")
        case .tooLarge: cell.writeString("(too large)")
        }
        buffer.writeString(quoted(String(buffer: cell)))
    }

    /// In quotes where the text would end the cell.
    private static func quoted(_ text: String) -> String {
        let mustQuote = text.utf8.contains { unit in
            unit == UInt8(ascii: ",") || unit == UInt8(ascii: "\"") || unit == UInt8(ascii: "\n")
                || unit == UInt8(ascii: "\r")
        }
        return mustQuote ? "\"" + text.replacing("\"", with: "\"\"") + "\"" : text
    }
}
