import Synchronization

/// What the gates that run now last said of their progress; nobody keeps it.
final class GateBoard: Sendable {
    /// For what concerns all gates of a promotion. No gate has an empty name.
    static let everyGate = ""

    private let words = Mutex<[Int: [String: String]]>([:])

    func write(_ text: String, promotion: Int, gate: String) {
        words.withLock { $0[promotion, default: [:]][gate] = text }
    }

    func clear(promotion: Int, gate: String? = nil) {
        words.withLock { words in
            if let gate { words[promotion]?[gate] = nil } else { words[promotion] = nil }
        }
    }

    func read(promotion: Int) -> [String: String] { words.withLock { $0[promotion] ?? [:] } }
}
