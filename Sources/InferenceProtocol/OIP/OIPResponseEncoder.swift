package import NIOCore
package import Tensors

/// Writes an inference response of the Open Inference Protocol v2 over HTTP, its binary tensor and classification
/// extensions included.
///
/// Floats are written with the fewest digits that read back as the same number. NaN and the infinities, for which JSON
/// has no numbers, are the strings "NaN", "Infinity" and "-Infinity", as in the JSON mapping of Protocol Buffers.
package enum OIPResponseEncoder {
    /// Appends the response's body.
    ///
    /// - Parameters:
    ///   - outputs: As the model gave them, in the order of `requested`.
    ///   - labels: The class names of the output with this index into the signature, if it has any.
    /// - Returns: The length of the JSON, for `Inference-Header-Content-Length`, when binary tensors follow it.
    /// - Throws: When the answer would be larger than one buffer holds, or when a `BYTES` element is not text and was
    ///   asked for as JSON. Triton writes its bytes as they are, which is no JSON; no escape would tell the caller what
    ///   the bytes were. The buffer is then as it was.
    package static func encode(
        modelName: String, modelVersion: String, id: String?, outputs: [Tensor], requested: [RequestedOutput],
        labels: (Int) -> [String]? = { _ in nil }, into buffer: inout ByteBuffer
    ) throws(ProtocolError) -> Int? {
        guard outputs.count == requested.count else {
            throw ProtocolError("the model gave \(outputs.count) outputs, but \(requested.count) were asked for")
        }
        var size = AnswerLimit()
        for (tensor, wanted) in zip(outputs, requested) {
            if wanted.classification > 0 {
                try size.addClasses(wanted.classification, of: tensor, labels: labels(wanted.index))
            } else {
                try size.add(tensor, isBinary: wanted.binary)
            }
        }
        let start = buffer.writerIndex
        writeHead(modelName, modelVersion, id, &buffer)
        var classified: [Int: Tensor] = [:]
        var hasBinary = false
        do throws(ProtocolError) {
            for index in outputs.indices {
                let wanted = requested[index]
                var tensor = outputs[index]
                if wanted.classification > 0 {
                    tensor = try Classification.top(wanted.classification, of: tensor, labels: labels(wanted.index))
                    if wanted.binary { classified[index] = tensor }
                }
                hasBinary = hasBinary || wanted.binary
                try write(tensor, binary: wanted.binary, isFirst: index == outputs.startIndex, &buffer)
            }
        } catch {
            buffer.moveWriterIndex(to: start)
            throw error
        }
        buffer.writeJSON(atMost: 2) { $0.text("]}") }
        guard hasBinary else { return nil }
        let headerLength = buffer.writerIndex - start
        for index in outputs.indices where requested[index].binary {
            buffer.writeBytes((classified[index] ?? outputs[index]).storage.bytes)
        }
        return headerLength
    }

    private static func writeHead(_ name: String, _ version: String, _ id: String?, _ buffer: inout ByteBuffer) {
        let characters = name.utf8.count + version.utf8.count + (id?.utf8.count ?? 0)
        buffer.writeJSON(atMost: JSONOutput.quotedBound(characters) + 80) { output in
            output.text("{\"model_name\":")
            output.quoted(name)
            output.text(",\"model_version\":")
            output.quoted(version)
            if let id {
                output.text(",\"id\":")
                output.quoted(id)
            }
            output.text(",\"outputs\":[")
        }
    }

    private static func write(
        _ tensor: Tensor, binary: Bool, isFirst: Bool, _ buffer: inout ByteBuffer
    ) throws(ProtocolError) {
        let dimensions = tensor.shape.dimensions
        buffer.writeJSON(
            atMost: JSONOutput.quotedBound(tensor.name.utf8.count) + JSONOutput.listBound(dimensions.count) + 120
        ) {
            output in
            output.text(isFirst ? "{\"name\":" : ",{\"name\":")
            output.quoted(tensor.name)
            output.text(",\"datatype\":\"")
            output.text(tensor.elementType.wireName)
            output.text("\",\"shape\":")
            output.list(dimensions)
            if binary {
                output.text(",\"parameters\":{\"binary_data_size\":")
                output.integer(tensor.storage.byteCount)
                output.text("}}")
            } else {
                output.text(",\"data\":[")
            }
        }
        guard !binary else { return }
        if tensor.elementType == .bytes {
            try writeStrings(tensor, &buffer)
        } else {
            JSONElements.write(tensor, 0..<tensor.shape.elementCount, bareSpecials: false, into: &buffer)
        }
        buffer.writeJSON(atMost: 2) { $0.text("]}") }
    }

    private static func writeStrings(_ tensor: Tensor, _ buffer: inout ByteBuffer) throws(ProtocolError) {
        var index = 0
        try BytesElements.forEach(in: tensor.storage.bytes) { element throws(ProtocolError) in
            guard UTF8Check.firstInvalid(in: element) == nil else {
                throw ProtocolError(
                    "element \(index) of the output '\(tensor.name)' is not UTF-8 text, which JSON cannot carry; ask "
                        + "for it with \"parameters\": {\"binary_data\": true}", field: tensor.name)
            }
            buffer.writeJSON(atMost: JSONOutput.quotedBound(element.count) + 1) { output in
                if index > 0 { output.byte(UInt8(ascii: ",")) }
                output.quoted(element)
            }
            index += 1
        }
    }
}

extension ElementType {
    /// The name on the wire, without making a string of it.
    package var wireName: StaticString {
        switch self {
        case .bool: "BOOL"
        case .int8: "INT8"
        case .int16: "INT16"
        case .int32: "INT32"
        case .int64: "INT64"
        case .uint8: "UINT8"
        case .uint16: "UINT16"
        case .uint32: "UINT32"
        case .uint64: "UINT64"
        case .fp16: "FP16"
        case .bf16: "BF16"
        case .fp32: "FP32"
        case .fp64: "FP64"
        case .bytes: "BYTES"
        }
    }
}
