package import Journal
package import Serving
package import Tensors

/// One prediction as the ledger has it.
package struct LedgerRow: Sendable {
    package var time: Timestamp
    package var prediction: PredictionID
    package var revision: Int
    package var version: Int
    /// The name of its variant, while a rollout was open.
    package var variant: String?
    /// The id of who asked.
    package var principal: String
    package var key: String?
    /// The caller's own name for it; cut to `LedgerBounds.requestID` bytes.
    package var requestID: String?
    /// `nil` where it was answered.
    package var fault: PredictionFault?
    /// From decoding to the end of encoding.
    package var nanoseconds: UInt64
    package var inputs: [LedgerTensor]
    package var outputs: [LedgerTensor]
    /// The trace that the caller said it belongs to.
    package var trace: TraceID?
}

/// A tensor of a prediction, with what the ledger has of its elements.
package struct LedgerTensor: Sendable {
    package enum Content: Sendable {
        /// All elements, as a tensor stores them.
        case whole(TensorStorage)
        /// For each element 16 bytes of a keyed hash.
        case hashed([UInt8])
        /// Left out because the deployment says so.
        case excluded
        /// Left out because there is too much of it (`LedgerBounds`).
        case tooLarge
    }

    package var name: String
    package var elementType: ElementType
    package var shape: Shape
    package var content: Content

    /// The tensor itself, where all of it is there.
    package var tensor: Tensor? {
        guard case .whole(let storage) = content else { return nil }
        return Tensor(checkedName: name, elementType: elementType, shape: shape, storage: storage)
    }
}

/// How much of a prediction is kept.
package enum LedgerBounds {
    /// Bytes of one tensor; a larger one is left out.
    package static let tensor = 256 << 10
    /// Bytes of all tensors of one prediction; those that come too late to fit are left out.
    package static let row = 1 << 20
    /// Bytes of the caller's own name for a prediction; the rest is cut off.
    package static let requestID = 1024
    /// Elements of one tensor that are hashed; of more none is.
    package static let hashedElements = 4096
    /// Bytes of one record in a file: the tensors, and their names and shapes.
    static let record = 8 << 20
}
