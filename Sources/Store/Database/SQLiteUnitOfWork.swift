import Foundation
import GRDB
import Journal

/// The unit of work on SQLite; each room sees the transaction through its own protocol.
final class SQLiteUnitOfWork<Transaction>: UnitOfWork {
    private let database: ControlDatabase
    private let view: @Sendable (StoredTransaction) -> Transaction

    init(_ database: ControlDatabase, as view: @escaping @Sendable (StoredTransaction) -> Transaction) {
        self.database = database
        self.view = view
    }

    func read<Value: Sendable>(
        _ body: @escaping @Sendable (Transaction) throws -> Value
    ) async throws(ControlError) -> Value {
        try await database.read { [view] in try body(view($0)) }
    }

    func replay<Answer: Codable & Sendable>(
        _ mutation: Mutation, as type: Answer.Type
    ) async throws(ControlError) -> Committed<Answer>? {
        guard mutation.idempotency != nil else { return nil }
        return try await database.read { try $0.earlierAnswer(to: mutation) }
    }

    func commit<Answer: Codable & Sendable>(
        _ mutation: Mutation, _ body: @escaping @Sendable (Transaction) throws -> Change<Answer>
    ) async throws(ControlError) -> Committed<Answer> {
        try await database.write { [view] transaction in
            if let earlier: Committed<Answer> = try transaction.earlierAnswer(to: mutation) { return earlier }
            try transaction.know(mutation.principal)
            let change = try body(view(transaction))
            let generation = try transaction.journal(change.event, of: mutation)
            try transaction.keep(change.answer, for: mutation)
            return Committed(answer: change.answer, generation: generation, isReplay: false)
        }
    }
}

extension ControlDatabase {
    /// Neither stops when the waiting task is cancelled: what has begun ends one way or the other.
    func read<Value: Sendable>(
        _ body: @escaping @Sendable (StoredTransaction) throws -> Value
    ) async throws(ControlError) -> Value {
        let result: Result<Value, any Error> = await withCheckedContinuation { continuation in
            pool.asyncRead { [self] opened in
                continuation.resume(returning: Result { try body(StoredTransaction(opened.get(), self)) })
            }
        }
        do { return try result.get() } catch { throw .database(error) }
    }

    func write<Value: Sendable>(
        _ body: @escaping @Sendable (StoredTransaction) throws -> Value
    ) async throws(ControlError) -> Value {
        let result: Result<Value, any Error> = await withCheckedContinuation { continuation in
            pool.asyncWriteWithoutTransaction { [self] db in
                continuation.resume(
                    returning: Result {
                        var value: Value?
                        try db.inTransaction(.immediate) {
                            value = try body(StoredTransaction(db, self))
                            return .commit
                        }
                        guard let value else { throw ControlError(.internalFailure, "the transaction gave nothing") }
                        return value
                    })
            }
        }
        do { return try result.get() } catch { throw .database(error) }
    }
}
