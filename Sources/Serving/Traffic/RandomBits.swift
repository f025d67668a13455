import Synchronization

/// Random numbers for many threads at once, without a lock: one step of a counter for each, mixed (SplitMix64). Good
/// enough to share traffic by, and for no secret.
final class RandomBits: Sendable {
    private static let step: UInt64 = 0x9e37_79b9_7f4a_7c15

    private let position: Atomic<UInt64>

    init(seed: UInt64 = UInt64.random(in: 0...UInt64.max)) {
        position = Atomic(seed)
    }

    func next() -> UInt64 {
        VariantChooser.mixed(position.wrappingAdd(Self.step, ordering: .relaxed).newValue)
    }
}
