package import NIOCore
package import Tensors

/// Writes a predict response of TensorFlow Serving's REST API, version 1.
///
/// NaN and the infinities are the bare words `NaN`, `Infinity` and `-Infinity`, which is no strict JSON but what
/// TensorFlow Serving sends and its clients read. A `BYTES` element is `{"b64": "..."}` when the output's name ends in
/// `_bytes`, as there; and, beyond that, wherever it is not UTF-8 text, since no string could carry it.
package enum TFServingResponseEncoder {
    /// Appends `{"predictions": ...}` or `{"outputs": ...}`. One output stands there as it is, several by name.
    ///
    /// - Throws: When the answer would be larger than one buffer holds; in row form, when the outputs do not all have the
    ///   same first dimension. The buffer is then as it was.
    package static func encode(
        outputs: [Tensor], form: TFServingRequest.Form, into buffer: inout ByteBuffer
    ) throws(ProtocolError) {
        try encode(outputs: outputs, key: form == .row ? "predictions" : "outputs", form: form, into: &buffer)
    }

    /// The same under another key.
    static func encode(
        outputs: [Tensor], key: StaticString, form: TFServingRequest.Form, into buffer: inout ByteBuffer
    ) throws(ProtocolError) {
        guard !outputs.isEmpty else { throw ProtocolError("the model has no outputs to answer with") }
        var size = AnswerLimit()
        for tensor in outputs {
            try size.add(tensor, isBinary: false)
            try size.addLists(of: tensor)
            if outputs.count > 1 {
                try size.addName(of: tensor, rows: form == .row ? tensor.shape.dimensions.first ?? 1 : 1)
            }
        }
        var writers = outputs.map { NestedJSON($0) }
        switch form {
        case .column:
            writeKey(key, &buffer)
            writeValues(&writers, level: 0, &buffer)
        case .row:
            let rows = try rowCount(outputs)
            writeKey(key, &buffer)
            if writers.count == 1 {
                writers[0].write(level: 0, &buffer)
            } else {
                buffer.writeText("[")
                for row in 0..<rows {
                    if row > 0 { buffer.writeText(",") }
                    writeValues(&writers, level: 1, &buffer)
                }
                buffer.writeText("]")
            }
        }
        buffer.writeText("}")
    }

    private static func writeKey(_ key: StaticString, _ buffer: inout ByteBuffer) {
        buffer.writeText("{\"")
        buffer.writeText(key)
        buffer.writeText("\":")
    }

    private static func writeValues(_ writers: inout [NestedJSON], level: Int, _ buffer: inout ByteBuffer) {
        guard writers.count > 1 else { return writers[0].write(level: level, &buffer) }
        for index in writers.indices {
            let name = writers[index].tensor.name
            buffer.writeJSON(atMost: JSONOutput.quotedBound(name.utf8.count) + 2) { output in
                output.text(index == 0 ? "{" : ",")
                output.quoted(name)
                output.text(":")
            }
            writers[index].write(level: level, &buffer)
        }
        buffer.writeText("}")
    }

    private static func rowCount(_ outputs: [Tensor]) throws(ProtocolError) -> Int {
        var first: (name: String, rows: Int)?
        for tensor in outputs {
            guard let rows = tensor.shape.dimensions.first else {
                throw ProtocolError(
                    "the output '\(tensor.name)' is a scalar, which has no rows; send 'inputs' in place of 'instances'",
                    field: tensor.name)
            }
            if let first, first.rows != rows {
                throw ProtocolError(
                    "the outputs '\(first.name)' and '\(tensor.name)' have \(first.rows) and \(rows) rows; send "
                        + "'inputs' in place of 'instances'", field: tensor.name)
            }
            first = first ?? (tensor.name, rows)
        }
        return first?.rows ?? 0
    }
}

/// Writes a tensor as lists nested as its shape says, front to back.
struct NestedJSON {
    let tensor: Tensor
    private let isBinary: Bool
    private var position = 0
    /// Of the next element, where elements differ in length.
    private var byteOffset = 0

    init(_ tensor: Tensor) {
        self.tensor = tensor
        self.isBinary = tensor.name.hasSuffix("_bytes")
    }

    /// Writes the next part of the tensor that lies `level` lists deep.
    mutating func write(level: Int, _ buffer: inout ByteBuffer) {
        let dimensions = tensor.shape.dimensions
        guard level < dimensions.count else { return elements(1, &buffer) }
        buffer.writeText("[")
        if level == dimensions.count - 1 {
            elements(dimensions[level], &buffer)
        } else {
            for index in 0..<dimensions[level] {
                if index > 0 { buffer.writeText(",") }
                write(level: level + 1, &buffer)
            }
        }
        buffer.writeText("]")
    }

    private mutating func elements(_ count: Int, _ buffer: inout ByteBuffer) {
        let range = position..<min(position + count, tensor.shape.elementCount)
        position = range.upperBound
        guard tensor.elementType == .bytes else {
            return JSONElements.write(tensor, range, bareSpecials: true, into: &buffer)
        }
        for index in range {
            if index > range.lowerBound { buffer.writeText(",") }
            string(&buffer)
        }
    }

    private mutating func string(_ buffer: inout ByteBuffer) {
        let rest = UnsafeRawBufferPointer(rebasing: tensor.storage.bytes[byteOffset...])
        guard rest.count >= 4 else { return }
        let length = Int(UInt32(littleEndian: rest.loadUnaligned(as: UInt32.self)))
        guard length <= rest.count - 4 else { return }
        let element = UnsafeRawBufferPointer(rebasing: rest[4..<(4 + length)])
        byteOffset += 4 + length
        if isBinary || UTF8Check.firstInvalid(in: element) != nil {
            buffer.writeJSON(atMost: Base64.encodedCount(length) + 12) { output in
                output.text("{\"b64\":\"")
                Base64.encode(element) { output.byte($0) }
                output.text("\"}")
            }
        } else {
            buffer.writeJSON(atMost: JSONOutput.quotedBound(length)) { $0.quoted(element) }
        }
    }
}

extension ByteBuffer {
    mutating func writeText(_ text: StaticString) {
        writeJSON(atMost: text.utf8CodeUnitCount) { $0.text(text) }
    }
}
