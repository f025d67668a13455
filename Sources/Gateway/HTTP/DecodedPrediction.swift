import InferenceProtocol
import NIOCore
import Serving
import Tensors

/// A prediction out of one of the protocols, and back into it.
struct DecodedPrediction: Sendable {
    private enum Form: Sendable {
        case openInference
        case tensorFlow(TFServingRequest.Form)
        case invocations(InvocationsAnswer)
    }

    let request: InferenceRequest
    /// Whether the answer carries tensors as bytes behind its JSON.
    let hasBinaryOutputs: Bool
    private let form: Form

    init(
        _ body: ByteBuffer, form: Route.PredictionForm, headerLength: Int?, signature: Signature,
        keyParameter: String? = nil, invocations: InvocationsHeaders? = nil
    ) throws(ProtocolError) {
        switch form {
        case .openInference:
            request = try OIPRequestDecoder.decode(
                body, headerLength: headerLength, signature: signature, keyParameter: keyParameter)
            hasBinaryOutputs = request.outputs.contains(where: \.binary)
            self.form = .openInference
        case .tensorFlow:
            let decoded = try TFServingRequestDecoder.decode(body, signature: signature)
            request = decoded.request
            hasBinaryOutputs = false
            self.form = .tensorFlow(decoded.form)
        case .invocations:
            let headers = invocations ?? InvocationsHeaders()
            request = try InvocationsRequestDecoder.decode(body, form: headers.form, signature: signature)
            hasBinaryOutputs = false
            self.form = .invocations(headers.answer)
        }
    }

    /// The type of the answer's body, where it is not JSON.
    var answerType: String? {
        guard case .invocations(.csv) = form else { return nil }
        return InvocationsAnswer.csvType
    }

    /// Appends the answer's body; returns the length of its JSON when binary tensors follow.
    func encode(
        _ outputs: [Tensor], endpoint: Endpoint, into buffer: inout ByteBuffer
    ) throws(ProtocolError) -> Int? {
        switch form {
        case .openInference:
            return try OIPResponseEncoder.encode(
                modelName: endpoint.entry.name, modelVersion: endpoint.versionText, id: request.id, outputs: outputs,
                requested: request.outputs, labels: { _ in endpoint.labels }, into: &buffer)
        case .tensorFlow(let form):
            try TFServingResponseEncoder.encode(outputs: outputs, form: form, into: &buffer)
            return nil
        case .invocations(let answer):
            try InvocationsResponseEncoder.encode(outputs: outputs, as: answer, into: &buffer)
            return nil
        }
    }
}
