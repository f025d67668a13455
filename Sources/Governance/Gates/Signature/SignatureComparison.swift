package import Tensors

/// One difference between what is live and what may follow it, and whether today's callers would notice.
package struct SignatureDifference: Sendable, Hashable {
    /// `input age`, `output label`
    package let subject: String
    /// As it is now: `FP32[batch, 4]`; `nil` where it is new.
    package let now: String?
    /// What changes, and for whom.
    package let words: String
    package let isCompatible: Bool
}

/// Whether what callers send today still works, and what they read is still there.
///
/// Of a request's point of view: each input that is sent today must be taken, in each type and shape that is taken today,
/// and nothing more may be needed. Of an answer's: each output of today must be there, of the same type and number of
/// dimensions. Callers are not asked which of it they use.
package struct SignatureComparison: Sendable {
    private let champion: Signature
    private let candidate: Signature

    package init(champion: Signature, candidate: Signature) {
        self.champion = champion
        self.candidate = candidate
    }

    /// In the order of the champion's inputs and outputs, then what is new.
    package var differences: [SignatureDifference] {
        inputs + tiedSizes + outputs
    }

    // MARK: Inputs

    private var inputs: [SignatureDifference] {
        let known = champion.inputs.compactMap { input in
            difference(input, candidate.inputs.first { $0.name == input.name })
        }
        let new = candidate.inputs.filter { input in !champion.inputs.contains { $0.name == input.name } }
        return known
            + new.map { input in
                SignatureDifference(
                    subject: "input \(input.name)", now: nil,
                    words: input.isOptional
                        ? "is new, \(input.typeText), and may be left out"
                        : "is new, \(input.typeText), and must be sent: callers of today do not",
                    isCompatible: input.isOptional)
            }
    }

    private func difference(_ now: TensorSpec, _ new: TensorSpec?) -> SignatureDifference? {
        func difference(_ words: String, _ isCompatible: Bool = false) -> SignatureDifference {
            SignatureDifference(
                subject: "input \(now.name)", now: now.typeText, words: words, isCompatible: isCompatible)
        }
        guard let new else { return difference("is gone: requests that send it are refused") }
        if now.elementType != new.elementType {
            return difference("becomes \(new.typeText): what is sent as \(now.elementType.rawValue) is refused")
        }
        if now.shape.count != new.shape.count {
            return difference("becomes \(new.typeText): it has another number of dimensions")
        }
        if now.isOptional, !new.isOptional { return difference("must be sent, and may be left out today") }
        let changes = zip(now.shape, new.shape).enumerated().filter { $1.0.size != $1.1.size }
        if let (place, (old, _)) = changes.first(where: { $1.1.size != nil }) {
            let today = old.size.map { "\($0)" } ?? "of any size"
            return difference("becomes \(new.typeText): dimension \(place + 1) is \(today) today")
        }
        if !changes.isEmpty { return difference("becomes \(new.typeText), which takes more than today", true) }
        return now.isOptional == new.isOptional ? nil : difference("may be left out", true)
    }

    /// Dimensions that must have one size in the candidate, and may have different ones today.
    private var tiedSizes: [SignatureDifference] {
        var today: [String: [Dimension]] = [:]
        var places: [String: [String]] = [:]
        var order: [String] = []
        for input in candidate.inputs {
            guard let old = champion.inputs.first(where: { $0.name == input.name }) else { continue }
            for (new, old) in zip(input.shape, old.shape) {
                guard case .symbolic(let name) = new, !name.isEmpty else { continue }
                if today[name] == nil { order.append(name) }
                today[name, default: []].append(old)
                places[name, default: []].append(input.name)
            }
        }
        return order.compactMap { name in
            guard let dimensions = today[name], let first = dimensions.first, dimensions.count > 1 else { return nil }
            guard first == .unknown || dimensions.contains(where: { $0 != first }) else { return nil }
            let inputs = (places[name] ?? []).reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
            return SignatureDifference(
                subject: "dimension \(name)", now: "of different sizes",
                words: "must have one size in \(inputs.joined(separator: ", ")), which may differ today",
                isCompatible: false)
        }
    }

    // MARK: Outputs

    private var outputs: [SignatureDifference] {
        let known = champion.outputs.compactMap { output in
            difference(ofOutput: output, candidate.outputs.first { $0.name == output.name })
        }
        let new = candidate.outputs.filter { output in !champion.outputs.contains { $0.name == output.name } }
        return known
            + new.map { output in
                SignatureDifference(
                    subject: "output \(output.name)", now: nil, words: "is new, \(output.typeText)", isCompatible: true)
            }
    }

    private func difference(ofOutput now: TensorSpec, _ new: TensorSpec?) -> SignatureDifference? {
        func difference(_ words: String, _ isCompatible: Bool = false) -> SignatureDifference {
            SignatureDifference(
                subject: "output \(now.name)", now: now.typeText, words: words, isCompatible: isCompatible)
        }
        guard let new else { return difference("is gone: callers that read it find nothing") }
        if now.elementType != new.elementType { return difference("becomes \(new.typeText), another type") }
        if now.shape.count != new.shape.count {
            return difference("becomes \(new.typeText): it has another number of dimensions")
        }
        for (place, (old, new)) in zip(now.shape, new.shape).enumerated() {
            guard let oldSize = old.size, let newSize = new.size, oldSize != newSize else { continue }
            return difference("dimension \(place + 1) becomes \(newSize): it is \(oldSize) today")
        }
        if zip(now.shape, new.shape).contains(where: { $0.size != nil && $1.size == nil }) {
            return difference("becomes \(new.typeText): the file no longer says its size", true)
        }
        return nil
    }
}

extension Dimension {
    /// `nil` where any size is allowed.
    fileprivate var size: Int? {
        if case .fixed(let size) = self { size } else { nil }
    }
}

extension TensorSpec {
    /// `FP32[batch, 4]`, with `?` where any size is allowed.
    fileprivate var typeText: String {
        let dimensions = shape.map { dimension in
            switch dimension {
            case .fixed(let size): String(size)
            case .symbolic(let name): name
            case .unknown: "?"
            }
        }
        return "\(elementType.rawValue)[\(dimensions.joined(separator: ", "))]"
    }
}
