import Synchronization

/// Makes attempts at one server until one of them brings an answer, or none is to follow.
struct Retrying: Sendable {
    /// How one attempt ended.
    enum Attempt<Value: Sendable>: Sendable {
        case answer(Value)
        /// With what the caller gets when no attempt follows.
        case failure(Attempts.Outcome, Result<Value, ClientError>)
    }

    let policy: RetryPolicy
    let clock: RetryClock
    private let contact = Contact()

    init(policy: RetryPolicy, clock: RetryClock) {
        self.policy = policy
        self.clock = clock
    }

    /// - Parameters:
    ///   - deadline: for all attempts and the pauses between them.
    ///   - attempt: is told how much of it is left.
    func run<Value>(
        isRepeatable: Bool, deadline: Duration?, _ attempt: (_ left: Duration?) async -> Attempt<Value>
    ) async throws(ClientError) -> Value {
        let end = deadline.map { clock.now() + $0 }
        var attempts = Attempts(policy: policy, isRepeatable: isRepeatable, deadline: end)
        while true {
            switch await attempt(end.map { $0 - clock.now() }) {
            case .answer(let value):
                contact.made()
                return value
            case .failure(let outcome, let result):
                if outcome.showsServer { contact.made() }
                let pause = attempts.pause(
                    after: outcome, metServer: contact.wasMade, now: clock.now(), chance: clock.chance())
                guard let pause else { return try result.get() }
                do { try await clock.sleep(pause) } catch { throw .cancelled }
            }
        }
    }

    /// Whether the server has ever answered.
    private final class Contact: Sendable {
        private let flag = Atomic(false)

        var wasMade: Bool { flag.load(ordering: .relaxed) }

        func made() { flag.store(true, ordering: .relaxed) }
    }
}
