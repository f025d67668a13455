import InferenceProtocol
import Tensors

/// What a request brings to a run that it shares with others.
struct BatchShare: Sendable {
    let rows: Int
    let group: BatchGroup

    /// `nil` when `request` must run by itself: it has `maxRows` rows or more, none at all, inputs whose leading
    /// dimensions differ, or an input that the model does not need (nobody has checked how that one takes to batches).
    init?(_ request: InferenceRequest, model: LoadedModel, maxRows: Int) {
        guard model.isBatchable, request.inputs.count == model.requiredInputs,
            let rows = request.inputs.first?.shape.dimensions.first, rows > 0, rows < maxRows
        else { return nil }
        var words: [Int] = []
        words.reserveCapacity(8)
        for tensor in request.inputs {
            let dimensions = tensor.shape.dimensions
            guard dimensions.first == rows else { return nil }
            for index in 1..<dimensions.count { words.append(dimensions[index]) }
            words.append(-1)
        }
        for output in request.outputs { words.append(output.index) }
        self.rows = rows
        self.group = BatchGroup(ObjectIdentifier(model), words)
    }

    init(rows: Int, group: BatchGroup) {
        self.rows = rows
        self.group = group
    }
}

/// Requests of one group may share a run: the same model, the same shapes but for the rows, the same outputs.
struct BatchGroup: Sendable, Equatable {
    private let model: ObjectIdentifier
    /// Of each input the dimensions behind the first, then -1; then the indices of the outputs.
    private let words: [Int]
    /// Tells most groups apart without a look at their words.
    private let mixed: Int

    init(_ model: ObjectIdentifier, _ words: [Int]) {
        self.model = model
        self.words = words
        var mixed = 0
        for word in words { mixed = (mixed &+ word) &* 0x100_0000_01b3 }
        self.mixed = mixed
    }

    static func == (left: BatchGroup, right: BatchGroup) -> Bool {
        left.mixed == right.mixed && left.model == right.model && left.words == right.words
    }
}
