package import Journal
import Tabular

/// Data sets and their immutable versions.
package final class DataSetService: Sendable {
    private let store: DataSetUnitOfWork
    private let blobs: any BlobReading
    /// Two pushes of the same bytes take turns, so that the second finds the first one's version instead of reading again.
    private let turns = Turns()
    private let threads = BlockingThreads(name: "slipway.datasets", width: 2)

    package init(store: DataSetUnitOfWork, blobs: any BlobReading) {
        self.store = store
        self.blobs = blobs
    }

    /// Makes version n+1 of a data set out of a file whose bytes the space holds, once all of it was read; or finds the
    /// version that has the same bytes.
    ///
    /// - Parameter schema: what the columns must be; `nil` finds it out.
    ///
    /// Errors: `invalid` (a field, or a line of the file), `tooLarge`, `notFound` (space), `conflict` (the same bytes with
    /// another schema, key reused), `digestMismatch`, `storageFull`.
    package func push(
        name: String, space: String, format: DataSetFormat, sha256: String, size: Int, schema: DataSetSchema? = nil,
        principal: Principal, idempotencyKey: String? = nil
    ) async throws(ControlError) -> DataSetOutcome {
        let push = try DataSetPush(
            name: name, space: space, format: format, sha256: sha256, size: size, schema: schema)
        let mutation = Mutation(
            principal: principal, space: space, idempotency: try Idempotency.make(idempotencyKey, push.canonical))
        return try await turns.take(sha256) { () async throws(ControlError) in try await self.push(push, mutation) }
    }

    private func push(_ push: DataSetPush, _ mutation: Mutation) async throws(ControlError) -> DataSetOutcome {
        if let earlier = try await store.replay(mutation, as: DataSetAnswer.self) {
            return try await outcome(earlier.answer, push)
        }
        if let known = try await store.read({ try push.admit($0) }) {
            let committed = try await store.commit(mutation) { _ in Change(known, event: nil) }
            return try await outcome(committed.answer, push)
        }
        let (rows, schema) = try await scan(push)
        let committed = try await store.commit(mutation) { transaction in
            try push.insert(rowCount: rows, schema: schema, principal: mutation.principal, into: transaction)
        }
        return try await outcome(committed.answer, push)
    }

    private func scan(_ push: DataSetPush) async throws(ControlError) -> (rows: Int, schema: DataSetSchema) {
        let blobs = self.blobs
        return try await threads.run { () throws(ControlError) in
            let scan = DataSetScan(format: push.format, given: push.schema)
            let names = try push.format.read(push.sha256, in: blobs, into: scan)
            do throws(TabularError) {
                return (scan.rowCount, try scan.schema(names))
            } catch { throw .dataSet(error) }
        }
    }

    private func outcome(_ answer: DataSetAnswer, _ push: DataSetPush) async throws(ControlError) -> DataSetOutcome {
        DataSetOutcome(
            version: try await version(push.name, number: answer.number, space: push.space), isNew: answer.isNew)
    }
}

extension DataSetService {
    /// The latest version of each data set of the space, by name.
    package func list(
        space: String, after: String? = nil, limit: Int = PageLimit.standard
    ) async throws(ControlError) -> Listing<DataSetVersion> {
        let limit = PageLimit.clamp(limit)
        let found = try await store.read { transaction in
            guard try transaction.hasSpace(space) else { throw ControlError.spaceNotFound(space) }
            return try transaction.dataSets(space: space, after: after, limit: limit + 1)
        }
        return Page.cut(found, limit: limit, key: \.name)
    }

    /// The versions of a data set, newest first; `after` is the number that the page before ended with.
    package func versions(
        of name: String, space: String, after: String? = nil, limit: Int = PageLimit.standard
    ) async throws(ControlError) -> Listing<DataSetVersion> {
        let before = after.flatMap(Int.init)
        if let after, before == nil {
            throw ControlError(.invalid, "'\(Name.excerpt(of: after))' is not a version number", field: "after")
        }
        let limit = PageLimit.clamp(limit)
        let found = try await store.read { transaction in
            guard try transaction.hasSpace(space) else { throw ControlError.spaceNotFound(space) }
            guard try transaction.latestDataSetNumber(name, space: space) != nil else {
                throw Self.notFound(name, nil, space)
            }
            return try transaction.dataSetVersions(name, space: space, before: before, limit: limit + 1)
        }
        return Page.cut(found, limit: limit) { String($0.number) }
    }

    /// One version, else `notFound`: another space's data sets are its own.
    ///
    /// - Parameter number: `nil` for the latest.
    package func version(
        _ name: String, number: Int? = nil, space: String
    ) async throws(ControlError) -> DataSetVersion {
        let found = try await store.read { transaction in
            guard try transaction.hasSpace(space) else { throw ControlError.spaceNotFound(space) }
            return try transaction.dataSet(name, number: number, space: space)
        }
        guard let found else { throw Self.notFound(name, number, space) }
        return found
    }

    private static func notFound(_ name: String, _ number: Int?, _ space: String) -> ControlError {
        let label = Name.excerpt(of: name, limit: 128) + (number.map { ":\($0)" } ?? "")
        return ControlError(
            .notFound, "there is no data set '\(label)' in space '\(space)'",
            field: number == nil ? "dataset" : "version",
            hint: "`slipway dataset list` shows the data sets there are")
    }
}

extension DataSetService: DataSetReading {
    package func table(
        _ name: String, version: Int?, space: String
    ) async throws(ControlError) -> DataTable {
        let found = try await self.version(name, number: version, space: space)
        let blobs = self.blobs
        return try await threads.run { () throws(ControlError) in
            let builder = DataTableBuilder(found.schema)
            _ = try found.format.read(found.sha256, in: blobs, into: builder)
            return builder.table(label: found.label, sha256: found.sha256)
        }
    }
}
