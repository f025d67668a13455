package import NIOCore
package import Tensors

/// Reads scoring requests as MLflow's scoring server takes them (`dataframe_split`, `dataframe_records`, `instances`,
/// `inputs`, CSV), and as SageMaker sends them (CSV without a header).
///
/// Source: MLflow 3.17, `mlflow.pyfunc.scoring_server`. Where that leaves it to pandas to make something of a table that
/// does not fit, this refuses, by the name of the column.
package enum InvocationsRequestDecoder {
    /// The request in `body`, checked against `signature`. Errors say where, what was expected and what came.
    package static func decode(
        _ body: ByteBuffer, form: InvocationsForm, signature: Signature
    ) throws(ProtocolError) -> InferenceRequest {
        try body.withUnsafeReadableBytes { (bytes: UnsafeRawBufferPointer) throws(ProtocolError) -> InferenceRequest in
            do throws(JSONProblem) {
                let inputs =
                    switch form {
                    case .json: try readJSON(bytes, signature)
                    case .csv(let header): try InvocationsCSV.read(bytes, header: header, signature)
                    }
                try SignatureCheck.symbols(of: inputs, in: signature)
                return InferenceRequest(
                    inputs: inputs, outputs: signature.outputs.indices.map { RequestedOutput(index: $0) })
            } catch {
                throw error.protocolError
            }
        }
    }

    private static func readJSON(
        _ bytes: UnsafeRawBufferPointer, _ signature: Signature
    ) throws(JSONProblem) -> [Tensor] {
        guard let cursor = JSONCursor(bytes) else {
            throw JSONProblem("expected an object with one of \(InvocationsField.listed), got an empty body", at: 0)
        }
        var reader = InvocationsReader(cursor: cursor, signature: signature)
        return try reader.read()
    }
}
