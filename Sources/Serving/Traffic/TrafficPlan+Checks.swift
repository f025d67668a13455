package import InferenceProtocol
import Tensors

extension TrafficPlan {
    /// A label that callers of TensorFlow Serving use for whatever answers; no variant may have it as its name.
    package static let latestLabel = "latest"

    /// Why no request can be routed by this plan, in words; `nil` when all can. Whoever makes a plan asks this first.
    package var contradiction: String? {
        guard let first = targets.first else { return "a traffic plan needs a target" }
        var names: Set<String> = []
        for target in targets {
            if let why = Self.misnomer(target.variant) { return why }
            guard names.insert(target.variant).inserted else { return "two targets are named '\(target.variant)'" }
            guard (0...Self.whole).contains(target.weight) else {
                return "the weight of '\(target.variant)' is \(target.weight), expected 0 to \(Self.whole)"
            }
            if let why = first.entry.description.signature.misfit(target.entry.description.signature) {
                return "'\(target.variant)' cannot take the requests of '\(first.variant)': \(why)"
            }
        }
        guard targets.reduce(0, { $0 + $1.weight }) == Self.whole else {
            return "the weights add up to \(targets.reduce(0) { $0 + $1.weight }), expected \(Self.whole)"
        }
        if let keys, let target = targets.first(where: { keys.slots(of: $0.variant) != $0.weight }) {
            let slots = keys.slots(of: target.variant)
            return "'\(target.variant)' has \(slots) slots for keys and the weight \(target.weight)"
        }
        let inputs = first.entry.description.signature.inputs
        if case .input(let name) = sticky, !inputs.contains(where: { $0.name == name }) {
            return "the model has no input '\(name)' that requests could be routed by"
        }
        return shadow.flatMap { contradiction(of: $0, first) }
    }

    private func contradiction(of shadow: ShadowPlan, _ first: TrafficTarget) -> String? {
        guard targets.dropFirst().contains(where: { $0.variant == shadow.variant }) else {
            return "the shadow variant '\(shadow.variant)' is none of the targets behind the first"
        }
        let signature = first.entry.description.signature
        if let input = shadow.segmentInput, !signature.inputs.contains(where: { $0.name == input }) {
            return "the model has no input '\(input)' for segments"
        }
        if let output = shadow.tolerances.keys.sorted().first(where: { name in
            !signature.outputs.contains { $0.name == name }
        }) {
            return "the model has no output '\(output)' that a tolerance could be for"
        }
        guard (0...Self.whole).contains(shadow.share), shadow.queueLimit > 0 else {
            return "the share is \(shadow.share) of \(Self.whole) and the queue limit \(shadow.queueLimit), expected 0 "
                + "to \(Self.whole) and at least 1"
        }
        return nil
    }

    /// Names that callers could not tell from a version or from what TensorFlow Serving's clients say.
    private static func misnomer(_ variant: String) -> String? {
        if variant == latestLabel { return "no variant may be named '\(latestLabel)'" }
        if variant.isEmpty || variant.utf8.allSatisfy({ (0x30...0x39).contains($0) }) {
            return "a variant cannot be named '\(variant)', which would be a version"
        }
        return nil
    }

    /// Who gets the requests of `key` at the endpoint, as long as this plan holds; `nil` without a target.
    package func variant(of key: RoutingKey, space: String, endpoint: String) -> String? {
        guard !targets.isEmpty else { return nil }
        return targets[chooser(space: space, endpoint: endpoint).assigned(key)].variant
    }

    /// Who gets the requests of `key` in a rollout without a table, by weights alone.
    package static func variant(
        ofKey key: String, among shares: [(variant: String, weight: Int)], space: String, endpoint: String
    ) -> String? {
        guard !shares.isEmpty else { return nil }
        return shares[VariantChooser(shares, scope: scope(space, endpoint)).assigned(RoutingKey(key))].variant
    }

    func chooser(space: String, endpoint: String) -> VariantChooser {
        VariantChooser(
            targets.map { ($0.variant, $0.weight) }, scope: Self.scope(space, endpoint),
            owners: keys?.owners(among: targets.map(\.variant)) ?? [])
    }

    static func scope(_ space: String, _ endpoint: String) -> String { "\(space)/\(endpoint)" }
}

extension Signature {
    /// Why a request that was checked against this signature does not fit `other`; `nil` when it does. Shapes that only
    /// one of them fixes are left to the model.
    func misfit(_ other: Signature) -> String? {
        Self.misfit("input", inputs, other.inputs) ?? Self.misfit("output", outputs, other.outputs)
    }

    private static func misfit(_ what: String, _ ours: [TensorSpec], _ theirs: [TensorSpec]) -> String? {
        guard ours.map(\.name) == theirs.map(\.name) else {
            return "it has the \(what)s \(list(theirs)), and not \(list(ours)) in this order"
        }
        for (one, other) in zip(ours, theirs) {
            guard one.elementType == other.elementType else {
                return "its \(what) '\(one.name)' is of type \(other.elementType.rawValue), not "
                    + one.elementType.rawValue
            }
            guard fits(one.shape, other.shape) else {
                return "its \(what) '\(one.name)' has the shape \(other.wireShape), not \(one.wireShape)"
            }
        }
        return nil
    }

    private static func list(_ specs: [TensorSpec]) -> String { specs.map { "'\($0.name)'" }.joined(separator: ", ") }

    private static func fits(_ one: [Dimension], _ other: [Dimension]) -> Bool {
        // Without dimensions the file may only have left them out.
        if one.isEmpty || other.isEmpty { return true }
        return one.count == other.count
            && zip(one, other).allSatisfy { pair in
                if case (.fixed(let left), .fixed(let right)) = pair { left == right } else { true }
            }
    }
}
