package import InferenceProtocol
import Synchronization
import Tensors

/// Chooses, for an endpoint with an open rollout, which version answers a request. Nothing is allocated for a request.
package final class TrafficRouter: Sendable {
    package let plan: TrafficPlan
    /// In the order of the plan's targets; never empty.
    package let arms: [TrafficArm]
    /// Where the plan routes by a request parameter: its name.
    package let keyParameter: String?
    /// Where the plan routes by a header: its name, in lower case.
    package let keyHeader: String?
    /// What answers were made by, where outcomes are told of them.
    let assignments: PredictionAssignments?
    private let chooser: VariantChooser
    private let random = RandomBits()
    /// Where the plan routes by an input: its name.
    private let keyInput: String?

    /// - Parameters:
    ///   - endpoints: of the plan's targets, in their order; at least one.
    ///   - before: the router that this one takes over from; counts of the same rollout go on.
    ///   - shadows: threads for shadow candidates.
    init(
        _ plan: TrafficPlan, entry: EndpointEntry, endpoints: [Endpoint], before: TrafficRouter?, shadows: ThreadPool
    ) {
        self.plan = plan
        chooser = plan.chooser(space: entry.space, endpoint: entry.name)
        (keyHeader, keyParameter, keyInput) =
            switch plan.sticky {
            case .header(let name): (name, nil, nil)
            case .parameter(let name): (nil, name, nil)
            case .input(let name): (nil, nil, name)
            case nil: (nil, nil, nil)
            }
        let before = before?.plan.rollout == plan.rollout ? before : nil
        let assignments = plan.remembersPredictions ? before?.assignments ?? PredictionAssignments() : nil
        self.assignments = assignments
        let mirror = Self.mirror(plan, endpoints, before, shadows)
        arms = zip(plan.targets, endpoints).enumerated().map { index, pair in
            let (target, endpoint) = pair
            // After a switch the same name may stand for another version, whose counts begin anew.
            let old = before?.arms.first {
                $0.variant == target.variant && $0.endpoint.entry.version == target.entry.version
                    && $0.counters.fits(endpoint.signature)
            }
            return TrafficArm(
                endpoint: endpoint, variant: target.variant, number: index,
                counters: old?.counters ?? ArmCounters(endpoint.signature), mirror: index == 0 ? mirror : nil,
                assignments: assignments)
        }
    }

    private static func mirror(
        _ plan: TrafficPlan, _ endpoints: [Endpoint], _ before: TrafficRouter?, _ threads: ThreadPool
    ) -> ShadowMirror? {
        guard let shadow = plan.shadow,
            let index = plan.targets.firstIndex(where: { $0.variant == shadow.variant }), index < endpoints.count
        else { return nil }
        let old = before?.arms.first?.mirror
        if let old, old.plan == shadow, old.candidate === endpoints[index] { return old }
        let tally = old.flatMap { $0.plan.variant == shadow.variant ? $0.tally : nil }
        return ShadowMirror(
            shadow, candidate: endpoints[index],
            tally: tally ?? ShadowTally(rollout: plan.rollout, variant: shadow.variant, endpoints[index].signature),
            threads: threads)
    }

    /// The arm that answers `request`, for a caller who asks for none.
    ///
    /// - Parameter key: what the request's headers say, where the plan routes by one of them.
    package func arm(for request: InferenceRequest, key: RoutingKey?) -> TrafficArm {
        if let key { return arms[chooser.assigned(key)] }
        if let key = request.routingKey { return arms[chooser.assigned(key)] }
        if let keyInput, let key = Self.key(of: keyInput, in: request) { return arms[chooser.assigned(key)] }
        return arms[chooser.drawn(random.next())]
    }

    /// What the candidate that shadows the first target answered beside it; `nil` while none does.
    package var shadowReading: ShadowReading? { arms.first?.mirror?.tally.reading() }

    /// What the first element of the input says.
    private static func key(of input: String, in request: InferenceRequest) -> RoutingKey? {
        let inputs = request.inputs
        for index in inputs.indices where inputs[index].name == input { return inputs[index].routingKey }
        return nil
    }
}

extension Tensor {
    /// What callers are told apart by: the first element, which for a number is its digits.
    var routingKey: RoutingKey? {
        if elementType == .bytes {
            var elements = TextElements(storage.bytes)
            return elements.next().map { RoutingKey($0) }
        }
        guard let number = number(at: 0), !number.isNaN else { return nil }
        if let whole = wholeNumber(at: 0) { return RoutingKey(whole) }
        if elementType == .uint64, let whole = UInt64(exactly: number) { return RoutingKey(whole) }
        return withUnsafeBytes(of: number.bitPattern) { RoutingKey($0) }
    }
}
