import Synchronization

/// Runs by the number of their rows, for endpoints that batch. Locked once for each run, not for each request.
package final class BatchStatistics: Sendable {
    /// What runs of one number of rows have cost so far, in nanoseconds.
    package struct Size: Sendable, Hashable {
        package var rows: Int
        package var runs: UInt64 = 0
        /// Putting the inputs together.
        package var gather: UInt64 = 0
        /// In the model.
        package var compute: UInt64 = 0
        /// Taking the outputs apart.
        package var split: UInt64 = 0
    }

    /// Sizes that are told apart: a caller may send any number of rows.
    private static let most = 4096
    private let sizes = Mutex<[Int: Size]>([:])

    func record(rows: Int, gather: UInt64, compute: UInt64, split: UInt64) {
        sizes.withLock { sizes in
            guard sizes.count < Self.most || sizes[rows] != nil else { return }
            var size = sizes[rows] ?? Size(rows: rows)
            size.runs &+= 1
            size.gather &+= gather
            size.compute &+= compute
            size.split &+= split
            sizes[rows] = size
        }
    }

    func snapshot() -> [Size] {
        sizes.withLock { sizes in sizes.values.sorted { $0.rows < $1.rows } }
    }
}
