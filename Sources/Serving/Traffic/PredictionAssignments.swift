import Synchronization

/// Which variant made which of the last predictions of an A/B test, so that outcomes can be told by the prediction's id
/// alone. Bounded: of about a million; a new one takes the place of the oldest in its bucket.
final class PredictionAssignments: Sendable {
    private struct Entry {
        var high: UInt64 = 0
        var low: UInt64 = 0
        /// One more than the target's place; 0 where there is none yet.
        var variant: UInt8 = 0
    }

    private struct Buckets {
        var entries: [Entry]
        /// By bucket: which of its entries is the oldest.
        var oldest: [UInt8]
    }

    /// Buckets that lie together, under one lock.
    private final class Shelf: Sendable {
        let buckets: Mutex<Buckets>

        init(buckets count: Int, ways: Int) {
            buckets = Mutex(
                Buckets(
                    entries: Array(repeating: Entry(), count: count * ways),
                    oldest: Array(repeating: 0, count: count)))
        }
    }

    private static let ways = 16
    private static let shelfCount = 64

    private let shelves: [Shelf]
    private let bucketsPerShelf: Int

    /// - Parameter capacity: entries, in round numbers.
    init(capacity: Int = 1 << 20) {
        let buckets = max(1, capacity / Self.ways / Self.shelfCount)
        bucketsPerShelf = buckets
        shelves = (0..<Self.shelfCount).map { _ in Shelf(buckets: buckets, ways: Self.ways) }
    }

    /// Remembers that the target at this place made the prediction.
    func note(_ prediction: PredictionID, _ variant: Int) {
        let (shelf, bucket) = place(of: prediction)
        let entry = Entry(
            high: prediction.high, low: prediction.low, variant: UInt8(truncatingIfNeeded: variant &+ 1))
        shelf.buckets.withLock { buckets in
            let way = buckets.oldest[bucket]
            buckets.entries[bucket * Self.ways + Int(way)] = entry
            buckets.oldest[bucket] = (way &+ 1) % UInt8(Self.ways)
        }
    }

    /// The place of the target that made it; `nil` when it was none of these, or too long ago.
    func variant(of prediction: PredictionID) -> Int? {
        let (shelf, bucket) = place(of: prediction)
        return shelf.buckets.withLock { buckets in
            for entry in buckets.entries[(bucket * Self.ways)..<((bucket + 1) * Self.ways)]
            where entry.variant > 0 && entry.low == prediction.low && entry.high == prediction.high {
                return Int(entry.variant) - 1
            }
            return nil
        }
    }

    private func place(of prediction: PredictionID) -> (Shelf, bucket: Int) {
        let mixed = VariantChooser.mixed(prediction.low ^ VariantChooser.mixed(prediction.high))
        let shelf = shelves[Int(truncatingIfNeeded: mixed >> 58)]
        return (shelf, Int(truncatingIfNeeded: (mixed & 0xffff_ffff) % UInt64(bucketsPerShelf)))
    }
}
