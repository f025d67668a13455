import InferenceProtocol

/// Which callers belong to which variant: all keys of an endpoint fall into as many slots as there are parts of weight, and
/// each slot is one variant's.
///
/// A change of weights hands over as many slots as have to change hands, and no others. With three variants no rule that
/// looks at the present weights alone can do that (docs/decisions/traffic-routing.md), so the table itself goes from step to
/// step, and from one rollout to the next.
package struct KeyShares: Sendable, Hashable, Codable {
    /// Neighbouring slots of one variant.
    package struct Run: Sendable, Hashable, Codable {
        package var variant: String
        package var slots: Int
    }

    package private(set) var runs: [Run]

    /// Everything is one variant's.
    package init(all variant: String) {
        runs = [Run(variant: variant, slots: TrafficPlan.whole)]
    }

    /// The table for these weights, which come to the whole: who has too many slots gives up the last ones, and who has too
    /// few takes of them what is missing. What nobody is to have any more is given up wholly.
    package func moved(to weights: [(variant: String, weight: Int)]) -> KeyShares {
        var surplus = runs.reduce(into: [String: Int]()) { $0[$1.variant, default: 0] += $1.slots }
        for (variant, weight) in weights { surplus[variant, default: 0] -= weight }
        // `nil`: free. From the last to the first.
        var pieces: [(variant: String?, slots: Int)] = []
        for run in runs.reversed() {
            let given = min(run.slots, max(0, surplus[run.variant] ?? 0))
            surplus[run.variant]? -= given
            pieces.append((nil, given))
            pieces.append((run.variant, run.slots - given))
        }
        var table = self
        table.runs = []
        for (variant, slots) in pieces.reversed() {
            if let variant {
                table.append(variant, slots)
            } else {
                table.fill(slots, weights.map(\.variant), &surplus)
            }
        }
        return table
    }

    /// Gives free slots to those who have too few.
    private mutating func fill(_ slots: Int, _ variants: [String], _ surplus: inout [String: Int]) {
        var free = slots
        for variant in variants where free > 0 {
            let taken = min(free, max(0, -(surplus[variant] ?? 0)))
            surplus[variant]? += taken
            free -= taken
            append(variant, taken)
        }
        // Only where the weights do not come to the whole.
        if let first = variants.first { append(first, free) }
    }

    private mutating func append(_ variant: String, _ slots: Int) {
        guard slots > 0 else { return }
        if let last = runs.indices.last, runs[last].variant == variant {
            runs[last].slots += slots
        } else {
            runs.append(Run(variant: variant, slots: slots))
        }
    }

    /// How many slots the variant has.
    package func slots(of variant: String) -> Int {
        runs.reduce(0) { $0 + ($1.variant == variant ? $1.slots : 0) }
    }

    /// Who has the key at the endpoint.
    package func owner(ofKey key: String, space: String, endpoint: String) -> String? {
        let slot = VariantChooser.slot(
            of: RoutingKey(key), salt: VariantChooser.salt(of: TrafficPlan.scope(space, endpoint)),
            among: TrafficPlan.whole)
        var end = 0
        for run in runs {
            end += run.slots
            if slot < end { return run.variant }
        }
        return nil
    }

    /// For each slot the place of its variant among `names`; the first for one that is not there.
    func owners(among names: [String]) -> [UInt8] {
        runs.flatMap { run in
            repeatElement(
                UInt8(truncatingIfNeeded: names.firstIndex(of: run.variant) ?? 0),
                count: min(max(0, run.slots), TrafficPlan.whole))
        }
    }
}
