import Journal
import Monitoring
import Synchronization

/// What is known of one endpoint: its settings, its index while that is open, and the last figures.
final class QualityBook: Sendable {
    struct State {
        var settings: QualitySettings?
        /// The figures of the newest rows, as they were last made.
        var latest: [VersionQuality] = []
        /// Whether anything was joined since.
        var isStale = false
        var isRefreshing = false
        /// Monotonic nanoseconds.
        var refreshedAt: UInt64?
        var usedAt: UInt64 = 0
        var retainedAt: UInt64?
        /// The ledger's, when it was last followed to its end.
        var growth: UInt64?
        /// While rows are being forgotten, nothing is read.
        var pauses = 0
        var facts: [Int: VersionFacts] = [:]
        var fault: String?
        /// Its space is gone.
        var isRemoved = false
    }

    let space: String
    let endpoint: String
    let state = Mutex(State())
    private let store: any QualityStore
    /// One at a time; held by threads that may block.
    private let turn = Mutex<(any QualityIndex)?>(nil)

    init(space: String, endpoint: String, store: any QualityStore) {
        self.space = space
        self.endpoint = endpoint
        self.store = store
    }

    var settings: QualitySettings { state.withLock { $0.settings } ?? QualitySettings() }

    /// Does something with the index, which is opened if it is not. Blocks.
    func use<Value: Sendable>(
        now: UInt64, _ body: (any QualityIndex) throws(ControlError) -> Value
    ) throws(ControlError) -> Value {
        let result = turn.withLock { index -> Result<Value, ControlError> in
            do throws(ControlError) {
                let isRemoved = state.withLock { state in
                    state.usedAt = now
                    return state.isRemoved
                }
                guard !isRemoved else { throw ControlError.spaceNotFound(space) }
                let opened: any QualityIndex
                if let index { opened = index } else { opened = try store.open(space: space, endpoint: endpoint) }
                index = opened
                return .success(try body(opened))
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    /// Closes the index where nobody used it since `moment`, or in any case. Blocks.
    func close(unusedSince moment: UInt64 = .max) {
        turn.withLock { index in
            guard let opened = index, state.withLock({ $0.usedAt <= moment }) else { return }
            opened.close()
            index = nil
        }
    }

    /// For good.
    func remove() {
        state.withLock { $0.isRemoved = true }
        close()
    }
}
