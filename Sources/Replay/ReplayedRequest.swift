import InferenceProtocol
import Monitoring
import Serving
import Tensors

/// Why a prediction of the ledger is not made again, or cannot be compared.
package enum SkipReason: String, Sendable, Hashable, CaseIterable {
    /// It was not answered: there is nothing to compare with.
    case notAnswered = "not_answered"
    /// Of an input there are hashes only.
    case hashed
    /// An input was left out, as the deployment wanted.
    case excluded
    /// An input was too large to be kept.
    case tooLarge = "too_large"
    /// The version takes other inputs.
    case doesNotFit = "does_not_fit"
    /// None of its outputs was kept, or the version has none of their names.
    case noOutputs = "no_outputs"
}

/// A prediction of the ledger as a request to a version, with the answers that were kept.
struct ReplayedRequest: Sendable {
    struct Refusal: Error {
        var reason: SkipReason
        /// In words; `nil` where the reason says it all.
        var why: String?
    }

    let request: InferenceRequest
    /// One for each output that is asked for.
    let recorded: [Tensor]
    let rows: Int
    /// Outputs that were answered and that the version has not.
    let missing: [String]
    /// Outputs whose elements were not kept.
    let leftOut: [String]

    init(_ row: LedgerRow, _ signature: Signature) throws(Refusal) {
        guard row.fault == nil else { throw Refusal(reason: .notAnswered) }
        let inputs = try Self.inputs(row.inputs, signature)
        var outputs: [RequestedOutput] = []
        var recorded: [Tensor] = []
        var missing: [String] = []
        var leftOut: [String] = []
        for output in row.outputs {
            guard let tensor = output.tensor else {
                leftOut.append(output.name)
                continue
            }
            guard let index = signature.outputs.firstIndex(where: { $0.name == output.name }) else {
                missing.append(output.name)
                continue
            }
            outputs.append(RequestedOutput(index: index))
            recorded.append(tensor)
        }
        guard !outputs.isEmpty else {
            throw Refusal(
                reason: .noOutputs,
                why: missing.isEmpty ? nil : "the version has no output '\(missing[0].prefix(128))'")
        }
        request = InferenceRequest(inputs: inputs, outputs: outputs)
        self.recorded = recorded
        rows = Self.rows(inputs, signature)
        self.missing = missing
        self.leftOut = leftOut
    }

    /// In the signature's order, held against it as the inputs of callers are.
    private static func inputs(_ kept: [LedgerTensor], _ signature: Signature) throws(Refusal) -> [Tensor] {
        var byPlace: [(place: Int, tensor: Tensor)] = []
        var given = IndexSet64()
        for input in kept {
            switch input.content {
            case .hashed: throw Refusal(reason: .hashed, why: "'\(input.name)'")
            case .excluded: throw Refusal(reason: .excluded, why: "'\(input.name)'")
            case .tooLarge: throw Refusal(reason: .tooLarge, why: "'\(input.name)'")
            case .whole: break
            }
            guard let tensor = input.tensor else { continue }
            guard let place = signature.inputs.firstIndex(where: { $0.name == input.name }), given.insert(place) else {
                throw Refusal(reason: .doesNotFit, why: "the version has no input '\(input.name.prefix(128))'")
            }
            byPlace.append((place, tensor))
        }
        byPlace.sort { $0.place < $1.place }
        let tensors = byPlace.map(\.tensor)
        do throws(JSONProblem) {
            for (place, tensor) in byPlace {
                let spec = signature.inputs[place]
                guard spec.elementType == tensor.elementType else {
                    throw SignatureCheck.typeDisagrees(tensor.elementType.rawValue, spec)
                }
                try SignatureCheck.shape(tensor.shape, fits: spec)
            }
            try SignatureCheck.complete(given, signature)
            try SignatureCheck.symbols(of: tensors, in: signature)
        } catch {
            throw Refusal(reason: .doesNotFit, why: error.protocolError.message)
        }
        return tensors
    }

    /// The first input's leading dimension where the version leaves that open, else one: as endpoints count rows.
    private static func rows(_ inputs: [Tensor], _ signature: Signature) -> Int {
        guard let first = inputs.first, let size = first.shape.dimensions.first,
            let leading = signature.inputs.first(where: { $0.name == first.name })?.shape.first
        else { return 1 }
        if case .fixed = leading { return 1 }
        return size
    }
}
