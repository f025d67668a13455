package import Tensors

/// A prediction request after decoding, whichever protocol it came by: checked against the model's signature.
package struct InferenceRequest: Sendable {
    /// Bytes that an id may have: it is written into the answer, where each may become six.
    package static let longestID = 64 << 10

    /// The caller's own id, only echoed.
    package var id: String?
    /// In the order of the signature's inputs; optional inputs may be missing.
    package var inputs: [Tensor]
    /// In the order the caller wants them; all of the signature's outputs when the caller named none.
    package var outputs: [RequestedOutput]
    /// What the parameter says that the endpoint's rollout routes by; `nil` where there is no such rollout or parameter.
    package var routingKey: RoutingKey?

    package init(id: String? = nil, inputs: [Tensor], outputs: [RequestedOutput], routingKey: RoutingKey? = nil) {
        self.id = id
        self.inputs = inputs
        self.outputs = outputs
        self.routingKey = routingKey
    }
}

extension InferenceRequest {
    /// Refuses an id that is too long to echo.
    package static func checkID(bytes count: Int) throws(JSONProblem) {
        guard count <= longestID else {
            throw JSONProblem("an id has at most \(longestID) bytes, this one has \(count)")
        }
    }
}

/// One output that the caller wants, and how.
package struct RequestedOutput: Sendable, Hashable {
    /// Index into the signature's outputs.
    package var index: Int
    /// As raw bytes behind the JSON (binary tensor extension).
    package var binary: Bool
    /// The number of top classes wanted in place of the tensor (classification extension); 0 for the tensor itself.
    package var classification: Int

    package init(index: Int, binary: Bool = false, classification: Int = 0) {
        self.index = index
        self.binary = binary
        self.classification = classification
    }
}

/// Why a request body was refused: all of it the caller's to mend.
package struct ProtocolError: Error, Sendable, Hashable, CustomStringConvertible {
    /// A sentence that says what is wrong, where, what was expected and what came.
    package let message: String
    /// The field it is about, as a path: `inputs[0].data`.
    package let field: String?
    /// Byte offset in the body, where that helps.
    package let offset: Int?

    package init(_ message: String, field: String? = nil, offset: Int? = nil) {
        self.message = message
        self.field = field
        self.offset = offset
    }

    package var description: String { message }
}
