package import Statistics

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The distribution of a stream of numbers in bounded memory: all of them up to `capacity`, beyond that a sample in which
/// a value of level L stands for 2^L. Of two values next to each other one is let go of, by the toss of a coin: so no rank
/// is off by more than about 1.7 / `capacity` of all, with 99% certainty.
///
/// Karnin, Lang and Liberty, "Optimal Quantile Approximation in Streams" (2016), with levels that shrink by 2/3.
package struct QuantileSketch: Sendable, Hashable {
    package let capacity: Int
    package private(set) var count = 0
    private(set) var levels: [[Double]] = [[]]
    private var held = 0
    /// How much each level may hold.
    private var bounds: [Int]
    private var coins: SeededCoins

    package init(capacity: Int = 1024, seed: UInt64 = 1) {
        self.capacity = max(8, capacity)
        bounds = [self.capacity]
        coins = SeededCoins(seed)
    }

    /// As it was once: `levels` of whatever sizes.
    init(capacity: Int, levels: [[Double]]) {
        self.init(capacity: capacity, seed: UInt64(levels.count))
        while self.levels.count < levels.count { grow() }
        for (level, values) in levels.enumerated() {
            self.levels[level] = values
            held += values.count
            count += values.count << level
        }
    }

    /// Numbers that are not finite are nobody's business here: whoever calls counts them apart.
    package mutating func add(_ value: Double) {
        guard value.isFinite else { return }
        levels[0].append(value)
        count += 1
        held += 1
        compact()
    }

    /// What both have seen.
    package mutating func merge(_ other: QuantileSketch) {
        for (level, values) in other.levels.enumerated() {
            while levels.count <= level { grow() }
            levels[level] += values
            held += values.count
        }
        count += other.count
        compact()
    }

    /// What it has kept, each with how many it stands for; together they are `count`.
    package var values: WeightedValues {
        WeightedValues(
            weighted: levels.enumerated().flatMap { level, values in
                values.map { ($0, Double(sign: .plus, exponent: level, significand: 1)) }
            })
    }

    /// Of memory.
    package var byteCount: Int {
        levels.reduce(0) { $0 + $1.capacity * MemoryLayout<Double>.stride + 32 } + bounds.count * 8
            + MemoryLayout<Self>.size
    }

    private mutating func grow() {
        levels.append([])
        let highest = levels.count - 1
        bounds = levels.indices.map {
            max(2, Int((Double(capacity) * pow(2.0 / 3, Double(highest - $0))).rounded(.up)))
        }
    }

    private mutating func compact() {
        while held > bounds.reduce(0, +) {
            guard let level = levels.indices.first(where: { levels[$0].count >= bounds[$0] }) else { return }
            if level == levels.count - 1 { grow() }
            var values = levels[level].sorted()
            // One that is left over stays, so that nothing is counted twice or not at all.
            let left = values.count % 2 == 1 ? values.removeLast() : nil
            let first = coins.toss() ? 1 : 0
            for index in stride(from: first, to: values.count, by: 2) { levels[level + 1].append(values[index]) }
            held -= values.count / 2
            levels[level] = left.map { [$0] } ?? []
        }
    }
}

/// Coins that fall the same on every machine.
struct SeededCoins: Sendable, Hashable {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    /// SplitMix64 (Steele, Lea, Flood, 2014).
    mutating func toss() -> Bool {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return (mixed ^ (mixed >> 31)) & 1 == 1
    }
}
