package import Serving

/// The truth about one prediction, as somebody sends it.
package struct FeedbackItem: Sendable, Hashable {
    /// Which prediction is meant.
    package enum Subject: Sendable, Hashable {
        /// By the server's id.
        case prediction(PredictionID)
        /// By the caller's own id: the newest prediction that has it.
        case request(String)
        /// By the value of the input that the monitor names: the newest row that has it.
        case key(String)
    }

    /// Where it stands in what was sent, from 0.
    package var place: Int
    package var subject: Subject
    /// Row by row; `nil` where the truth of a row is not known yet.
    package var truth: [String?]
    /// When it was known, in microseconds since 1970; `nil` for when it came.
    package var at: Int?

    package init(place: Int, subject: Subject, truth: [String?], at: Int? = nil) {
        self.place = place
        self.subject = subject
        self.truth = truth
        self.at = at
    }
}

/// Why one item was not taken.
package struct FeedbackRefusal: Sendable, Hashable {
    /// Where it stands in what was sent, from 0.
    package var place: Int
    package var reason: String

    package init(place: Int, reason: String) {
        self.place = place
        self.reason = reason
    }
}

/// What came of one item.
package enum FeedbackOutcome: Sendable, Hashable {
    /// Rows of its prediction have their first truth.
    case joined
    /// Its prediction is not there yet.
    case waiting
    /// Another truth than before, which it replaces.
    case changed
    /// Another truth than before, but known earlier: the later one stays.
    case outdated
    /// The same truth as before.
    case duplicate
    case refused(String)
}

/// What came of all of them.
package struct FeedbackReceipt: Sendable, Hashable {
    package var joined = 0
    package var waiting = 0
    package var changed = 0
    package var outdated = 0
    package var duplicates = 0
    package var refused = 0
    /// The first few that were refused, in their order.
    package var refusals: [FeedbackRefusal] = []
    /// Rows, not predictions, that have their first truth now.
    package var rows = 0

    package static let mostRefusals = 20

    package init() {}

    package var accepted: Int { joined + waiting + changed + outdated + duplicates }

    package mutating func count(_ outcome: FeedbackOutcome, at place: Int) {
        switch outcome {
        case .joined: joined += 1
        case .waiting: waiting += 1
        case .changed: changed += 1
        case .outdated: outdated += 1
        case .duplicate: duplicates += 1
        case .refused(let reason): refuse(FeedbackRefusal(place: place, reason: reason))
        }
    }

    package mutating func refuse(_ refusal: FeedbackRefusal) {
        refused += 1
        guard refusals.count < Self.mostRefusals || refusal.place < refusals.last?.place ?? 0 else { return }
        refusals.append(refusal)
        refusals.sort { $0.place < $1.place }
        if refusals.count > Self.mostRefusals { refusals.removeLast() }
    }
}
