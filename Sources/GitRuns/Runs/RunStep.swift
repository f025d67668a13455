package import Journal

/// One step of a run, with what is known of it.
package struct RunStep: Sendable, Hashable, Codable {
    package enum Kind: String, Sendable, Hashable, Codable, CaseIterable {
        case clone, validate, build, test, data, push, promote, deploy

        /// Whether it is a process with a log.
        package var hasLog: Bool {
            switch self {
            case .clone, .validate, .build, .test: true
            case .data, .push, .promote, .deploy: false
            }
        }

        /// Whether it acts on what is pushed: the checkout is not needed any more, and doing it again finds what was done.
        var isDelivery: Bool { self == .promote || self == .deploy }
    }

    package enum State: String, Sendable, Hashable, Codable, CaseIterable {
        case pending, running
        /// For people, gates or a rollout.
        case waiting
        case succeeded
        /// By a gate, a person, a policy or a rollout.
        case blocked
        case failed, cancelled
        /// The run ended before it.
        case skipped
    }

    package var kind: Kind
    /// That it promotes to, or deploys in.
    package var space: String?
    package var state = State.pending
    package var startedAt: Timestamp?
    package var endedAt: Timestamp?
    /// Why it ended so, or what it waits for; one sentence.
    package var message = ""
    /// What it rests on, by name: `commit`, `version`, `promotion`, `rollout`, `revision` ...
    package var evidence: [String: String] = [:]

    package init(_ kind: Kind, space: String? = nil) {
        self.kind = kind
        self.space = space
    }

    /// `clone`, `promote:test`
    package var name: String { kind == .promote ? "promote:\(space ?? "")" : kind.rawValue }
}
