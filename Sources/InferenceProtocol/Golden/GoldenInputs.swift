package import Tensors

/// The requests that a version brings along in its file `golden.json`: one inference request of the Open Inference
/// Protocol or a list of them, each perhaps with the outputs that the model must give (`expected`).
///
///     [{"inputs": [{"name": "x", "shape": [1, 2], "datatype": "FP32", "data": [1, 2]}],
///       "expected": [{"name": "y", "data": [3]}]}]
package enum GoldenInputs {
    /// The path inside the version.
    package static let fileName = "golden.json"
    /// Bytes of the file at most.
    package static let maximumBytes = 16 << 20
    package static let maximumRequests = 100
    /// How far answers may be from the expected ones: exports differ from the libraries they come from in the last
    /// digits, and processors from each other.
    package static let tolerance = Tolerance(relative: 1e-3, absolute: 1e-5, halfRelative: 1e-2)

    /// The requests, at least one, checked against the signature. The error's field begins with the request's place:
    /// `golden[2].inputs[0].data`.
    package static func decode(_ bytes: [UInt8], signature: Signature) throws(ProtocolError) -> [GoldenRequest] {
        guard bytes.count <= maximumBytes else {
            throw ProtocolError(
                "golden inputs take \(bytes.count) bytes, at most \(maximumBytes) are read", field: "golden")
        }
        let result = bytes.withUnsafeBytes { bytes -> Result<[GoldenRequest], ProtocolError> in
            guard let cursor = JSONCursor(bytes) else {
                return .failure(
                    ProtocolError("golden: expected a list of requests, got an empty file", field: "golden"))
            }
            var reader = GoldenInputsReader(cursor: cursor, bytes: bytes, signature: signature)
            do throws(JSONProblem) {
                return .success(try reader.read())
            } catch {
                return .failure(error.within("golden").protocolError)
            }
        }
        return try result.get()
    }
}

/// One golden request, checked against the signature.
package struct GoldenRequest: Sendable {
    package let request: InferenceRequest
    /// Some or all of the outputs that `request` asks for; empty where any answer is right.
    package let expected: [ExpectedOutput]

    /// What is wrong with an answer, in words that begin with the output's name; `nil` when it is as expected.
    ///
    /// - Parameter outputs: one tensor for each of `request.outputs`, in their order.
    package func difference(from outputs: [Tensor], within tolerance: Tolerance = GoldenInputs.tolerance) -> String? {
        for output in expected {
            guard let place = request.outputs.firstIndex(where: { $0.index == output.index }), place < outputs.count
            else { return "output '\(output.values.name)' is missing" }
            let found = outputs[place]
            if output.hasShape, found.shape != output.values.shape {
                return "output '\(output.values.name)' has the shape \(found.shape.dimensions), expected "
                    + "\(output.values.shape.dimensions)"
            }
            if let difference = TensorComparison.difference(found, expected: output.values, within: tolerance) {
                return "output '\(output.values.name)': \(difference)"
            }
        }
        return nil
    }
}

/// One output as it should be.
package struct ExpectedOutput: Sendable {
    /// Index into the signature's outputs.
    package let index: Int
    package let values: Tensor
    /// Whether the file gives a shape to compare; without one, only values and their number count.
    package let hasShape: Bool
}
