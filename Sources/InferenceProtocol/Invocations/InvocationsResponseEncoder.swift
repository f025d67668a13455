package import NIOCore
package import Tensors

/// Writes the answer to a scoring request.
///
/// In JSON it is `{"predictions": ...}`: the one output as it is; of several one object for each row, or, where they do not
/// have the same number of rows, one object of them all. NaN and the infinities are the bare words that Python's `json`
/// writes and reads, as MLflow's server has it. In CSV it is one line for each row, without a header, as SageMaker's
/// containers have it.
package enum InvocationsResponseEncoder {
    /// - Throws: When the answer would be larger than one buffer holds; in CSV, when the outputs do not all have the same
    ///   number of rows. The buffer is then as it was.
    package static func encode(
        outputs: [Tensor], as answer: InvocationsAnswer, into buffer: inout ByteBuffer
    ) throws(ProtocolError) {
        switch answer {
        case .json:
            let asRows = outputs.count > 1 && haveSameRows(outputs)
            try TFServingResponseEncoder.encode(
                outputs: outputs, key: "predictions", form: asRows ? .row : .column, into: &buffer)
        case .csv: try encodeCSV(outputs, into: &buffer)
        }
    }

    /// Of a single one it makes no difference.
    private static func haveSameRows(_ outputs: [Tensor]) -> Bool {
        guard outputs.count > 1 else { return true }
        let rows = outputs.map(\.shape.dimensions.first)
        return rows.allSatisfy { $0 != nil && $0 == rows[0] }
    }

    private static func encodeCSV(_ outputs: [Tensor], into buffer: inout ByteBuffer) throws(ProtocolError) {
        guard !outputs.isEmpty else { throw ProtocolError("the model has no outputs to answer with") }
        guard haveSameRows(outputs) else {
            throw ProtocolError(
                "the outputs do not all have the same number of rows, and so make no table; ask for application/json")
        }
        var size = AnswerLimit()
        for tensor in outputs {
            try size.add(tensor, isBinary: false)
            try size.addLists(of: tensor)
        }
        var columns = outputs.map { CSVColumns($0) }
        for _ in 0..<(columns.first?.rows ?? 0) {
            for index in columns.indices {
                if index > 0 { buffer.writeText(",") }
                columns[index].writeRow(&buffer)
            }
            buffer.writeText("\n")
        }
    }
}

/// A tensor as columns: its first dimension is the rows, all others lie side by side.
private struct CSVColumns {
    private let tensor: Tensor
    let rows: Int
    private let width: Int
    private var position = 0
    /// Of the next element, where elements differ in length.
    private var byteOffset = 0

    init(_ tensor: Tensor) {
        self.tensor = tensor
        rows = tensor.shape.dimensions.first ?? 1
        width = rows > 0 ? tensor.shape.elementCount / rows : 0
    }

    mutating func writeRow(_ buffer: inout ByteBuffer) {
        let range = position..<min(position + width, tensor.shape.elementCount)
        position = range.upperBound
        guard tensor.elementType == .bytes else {
            return JSONElements.write(tensor, range, bareSpecials: true, into: &buffer)
        }
        for index in range {
            if index > range.lowerBound { buffer.writeText(",") }
            writeText(&buffer)
        }
    }

    private mutating func writeText(_ buffer: inout ByteBuffer) {
        let rest = UnsafeRawBufferPointer(rebasing: tensor.storage.bytes[byteOffset...])
        guard rest.count >= 4 else { return }
        let length = Int(UInt32(littleEndian: rest.loadUnaligned(as: UInt32.self)))
        guard length <= rest.count - 4 else { return }
        let text = UnsafeRawBufferPointer(rebasing: rest[4..<(4 + length)])
        byteOffset += 4 + length
        let special: [UInt8] = [UInt8(ascii: ","), UInt8(ascii: "\""), UInt8(ascii: "\n"), UInt8(ascii: "\r")]
        guard text.contains(where: special.contains) else {
            buffer.writeBytes(text)
            return
        }
        buffer.writeText("\"")
        for byte in text {
            if byte == UInt8(ascii: "\"") { buffer.writeInteger(byte) }
            buffer.writeInteger(byte)
        }
        buffer.writeText("\"")
    }
}
