import InferenceProtocol

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Which target of a plan gets a request: by weight alone, or by weight and a key. Pure, and made once for each plan.
///
/// Keys are assigned by weighted rendezvous hashing: each variant draws a number u in (0, 1) for the key, from the key's
/// hash and a salt of its own, and the smallest -ln(u) / weight wins. A variant's part of all keys is its part of the
/// weights; and since no variant's number depends on the others, a change of weights moves a key only to a variant whose
/// weight grew, or away from one whose weight shrank. Of two variants no fewer could move.
struct VariantChooser: Sendable {
    private struct Lot {
        let salt: UInt64
        let weight: Double
        /// Of all weights up to this one.
        let end: UInt64
    }

    private let lots: [Lot]
    private let total: UInt64

    /// - Parameter scope: variants of the same name elsewhere share their callers out independently.
    init(_ shares: [(variant: String, weight: Int)], scope: String) {
        var total: UInt64 = 0
        var lots: [Lot] = []
        for (variant, weight) in shares {
            let weight = UInt64(max(0, min(weight, 1 << 32)))
            total += weight
            let salt = RoutingKey("\(scope)/\(variant)").hash
            lots.append(Lot(salt: Self.mixed(salt), weight: Double(weight), end: total))
        }
        self.lots = lots
        self.total = total
    }

    /// The index of a target by its weight alone; `bits` are random.
    func drawn(_ bits: UInt64) -> Int {
        let place = bits.multipliedFullWidth(by: total).high
        for index in lots.indices where place < lots[index].end { return index }
        return 0
    }

    /// The index of the target that has `key`.
    func assigned(_ key: RoutingKey) -> Int {
        var best = 0
        var least = Double.infinity
        for index in lots.indices where lots[index].weight > 0 {
            // 53 bits, and never quite 0 or 1.
            let bits = Self.mixed(key.hash ^ lots[index].salt) >> 11
            let score = -log((Double(bits) + 0.5) * 0x1p-53) / lots[index].weight
            if score < least {
                least = score
                best = index
            }
        }
        return best
    }

    /// A permutation of all 64-bit numbers that spreads each bit over all others.
    ///
    /// Source: the finalizer of SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014).
    static func mixed(_ number: UInt64) -> UInt64 {
        var bits = number
        bits = (bits ^ (bits >> 30)) &* 0xbf58_476d_1ce4_e5b9
        bits = (bits ^ (bits >> 27)) &* 0x94d0_49bb_1331_11eb
        return bits ^ (bits >> 31)
    }
}
