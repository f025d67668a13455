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
/// A key falls into one of many slots, and a table says whose each is (`KeyShares`). A plan without a table is that of a
/// rollout that began before there were any: its keys are assigned by weighted rendezvous hashing as they were then. Each
/// variant draws a number u in (0, 1) for the key, from the key's hash and a salt of its own, and the smallest -ln(u) / weight
/// wins.
struct VariantChooser: Sendable {
    private struct Lot {
        let salt: UInt64
        let weight: Double
        /// Of all weights up to this one.
        let end: UInt64
    }

    private let lots: [Lot]
    private let total: UInt64
    /// For each slot the index of the target that has it; empty where there is no table.
    private let owners: [UInt8]
    private let salt: UInt64

    /// - Parameters:
    ///   - scope: variants of the same name elsewhere share their callers out independently.
    ///   - owners: for each slot an index of `shares`.
    init(_ shares: [(variant: String, weight: Int)], scope: String, owners: [UInt8] = []) {
        var total: UInt64 = 0
        var lots: [Lot] = []
        for (variant, weight) in shares {
            let weight = UInt64(max(0, min(weight, 1 << 32)))
            total += weight
            lots.append(Lot(salt: Self.salt(of: "\(scope)/\(variant)"), weight: Double(weight), end: total))
        }
        self.owners = owners
        salt = Self.salt(of: scope)
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
        if !owners.isEmpty { return Int(owners[Self.slot(of: key, salt: salt, among: owners.count)]) }
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

    static func salt(of text: String) -> UInt64 { mixed(RoutingKey(text).hash) }

    /// From 0 to below `count`.
    static func slot(of key: RoutingKey, salt: UInt64, among count: Int) -> Int {
        Int(mixed(key.hash ^ salt).multipliedFullWidth(by: UInt64(count)).high)
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
