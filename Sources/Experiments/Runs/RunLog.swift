package import Journal
import Synchronization

/// What runs log: metrics, parameters, tags, inputs and outputs. It may be many a second, each with its own request, so
/// what comes while a transaction is under way goes into the next one together: one sync of the disk for all of them.
///
/// Nothing of it is in the audit and it makes no generation: see docs/decisions/mlflow.md. Who logged is acknowledged only
/// once it is on disk.
package final class RunLog: Sendable {
    /// Entries that one transaction takes at most, so that nobody who wants to write waits long behind them.
    static let together = 64

    /// What one request logs to one run, all or nothing.
    package struct Entry: Sendable {
        package var run: String
        package var space: String
        package var metrics: [MetricPoint] = []
        package var params: [(key: String, value: String)] = []
        package var tags: [(key: String, value: String)] = []
        package var dataSets: [DataSetInput] = []
        package var modelInputs: [String] = []
        package var modelOutputs: [ModelOutput] = []
        /// JSON of a model as older clients note it: added to the list in the tag `mlflow.log-model.history`.
        package var modelNote: String?

        package init(run: String, space: String) {
            self.run = run
            self.space = space
        }
    }

    private struct Waiting {
        let entry: Entry
        let principal: Principal
        let continuation: CheckedContinuation<ControlError?, Never>
    }

    private struct State {
        var waiting: [Waiting] = []
        var isWriting = false
    }

    private let store: TrackingUnitOfWork
    private let state = Mutex(State())

    init(store: TrackingUnitOfWork) {
        self.store = store
    }

    /// Returns once everything of the entry is on disk.
    ///
    /// Errors: `invalid` (keys, values, more than a batch may have, another value for a parameter, a deleted run),
    /// `notFound` (run); nothing of the entry is kept then.
    package func write(_ entry: Entry, principal: Principal) async throws(ControlError) {
        try entry.check()
        let refusal: ControlError? = await withCheckedContinuation { continuation in
            let waiting = Waiting(entry: entry, principal: principal, continuation: continuation)
            let begins = state.withLock { state in
                state.waiting.append(waiting)
                defer { state.isWriting = true }
                return !state.isWriting
            }
            if begins { Task { await self.writeAll() } }
        }
        if let refusal { throw refusal }
    }

    private func writeAll() async {
        while true {
            let next = state.withLock { state -> [Waiting] in
                let next = Array(state.waiting.prefix(Self.together))
                state.waiting.removeFirst(next.count)
                state.isWriting = !next.isEmpty
                return next
            }
            guard let first = next.first else { return }
            let entries = next.map(\.entry)
            let mutation = Mutation(principal: first.principal, space: first.entry.space, idempotency: nil)
            do throws(ControlError) {
                let refusals = try await store.commit(mutation) { transaction in
                    // An entry is checked whole before anything of it is written, so that one that is refused leaves
                    // nothing behind among its neighbours.
                    Change(try entries.map { try Self.apply($0, transaction) }, event: nil)
                }.answer
                for (waiting, refusal) in zip(next, refusals) { waiting.continuation.resume(returning: refusal?.error) }
            } catch {
                for waiting in next { waiting.continuation.resume(returning: error) }
            }
        }
    }

    private static func apply(_ entry: Entry, _ transaction: any TrackingTransaction) throws -> Refusal? {
        do {
            let ready = try RunLogCheck(entry, transaction)
            try ready.write(to: transaction)
            return nil
        } catch let error as RunLogRefusal {
            return Refusal(error.error)
        }
    }

    /// What was refused, as the unit of work can keep it.
    private struct Refusal: Codable, Sendable {
        let code: ControlError.Code
        let message: String
        let field: String?
        let hint: String?

        init(_ error: ControlError) {
            (code, message, field, hint) = (error.code, error.message, error.field, error.hint)
        }

        var error: ControlError { ControlError(code, message, field: field, hint: hint) }
    }
}

/// That one entry is refused, and not that the database failed.
struct RunLogRefusal: Error {
    let error: ControlError
}
