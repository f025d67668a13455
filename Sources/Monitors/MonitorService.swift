package import Documents
package import Journal

/// Sets how endpoints are watched, and tells those who watch.
package final class MonitorService: Sendable {
    private let store: MonitorUnitOfWork
    private let sections: [any MonitorSection]
    private let turns = Turns()

    package init(store: MonitorUnitOfWork, sections: [any MonitorSection]) {
        self.store = store
        self.sections = sections
    }

    /// What holds for an endpoint. Throws `notFound` where nothing is deployed at it.
    package func specification(of endpoint: String, space: String) async throws(ControlError) -> MonitorSpecification {
        try await store.read { transaction in
            try Self.require(endpoint, space, transaction)
            return try transaction.monitor(of: endpoint, space: space) ?? MonitorSpecification()
        }
    }

    /// All that ever held, newest first; `after` is the revision that the page before ended with.
    package func revisions(
        of endpoint: String, space: String, after: String? = nil, limit: Int = PageLimit.standard
    ) async throws(ControlError) -> Listing<MonitorSpecification> {
        let before = after.flatMap(Int.init)
        if let after, before == nil {
            throw ControlError(.invalid, "'\(Name.excerpt(of: after))' is not a revision", field: "after")
        }
        let limit = PageLimit.clamp(limit)
        let found = try await store.read { transaction in
            try Self.require(endpoint, space, transaction)
            return try transaction.monitorRevisions(of: endpoint, space: space, before: before, limit: limit + 1)
        }
        return Page.cut(found, limit: limit) { String($0.revision) }
    }

    /// Makes `document` what holds, as the next revision; what it does not name is as if nothing had ever been set.
    ///
    /// - Parameter ifMatch: the revision that the caller believes is current; another one is a `conflict`.
    package func set(
        _ document: DocumentValue, of endpoint: String, space: String, principal: Principal,
        idempotencyKey: String? = nil, ifMatch: Int? = nil
    ) async throws(ControlError) -> MonitorSpecification {
        let document = try read(document)
        let canonical = ["monitor.set", space, endpoint, document.json, ifMatch.map { String($0) } ?? ""]
        let mutation = Mutation(
            principal: principal, space: space, idempotency: try Idempotency.make(idempotencyKey, canonical))
        // In the order in which they are committed, so that the last one is what holds.
        return try await turns.take(space + "/" + endpoint) { () async throws(ControlError) in
            let committed = try await self.store.commit(mutation) { transaction in
                try Self.insert(document, endpoint, space, mutation.principal, ifMatch, transaction)
            }
            let now = try await self.specification(of: endpoint, space: space)
            if now.revision == committed.answer { self.apply(now, endpoint, space) }
            return now
        }
    }

    /// Once, at start: what is kept holds again.
    package func restore() async throws(ControlError) {
        for placed in try await store.read({ try $0.monitors() }) {
            apply(placed.specification, placed.endpoint, placed.space)
        }
    }

    private static func require(
        _ endpoint: String, _ space: String, _ transaction: any MonitorTransaction
    ) throws {
        guard try transaction.isDeployed(endpoint, space: space) else {
            throw ControlError(
                .notFound, "nothing is deployed at '\(Name.excerpt(of: endpoint))' in space '\(space)'",
                field: "endpoint", hint: "slipway deployment list shows what is")
        }
    }

    private static func insert(
        _ document: DocumentValue, _ endpoint: String, _ space: String, _ principal: Principal, _ ifMatch: Int?,
        _ transaction: any MonitorTransaction
    ) throws -> Change<Int> {
        try require(endpoint, space, transaction)
        let current = try transaction.monitor(of: endpoint, space: space) ?? MonitorSpecification()
        guard ifMatch == nil || ifMatch == current.revision else {
            throw ControlError(
                .conflict, "the monitor of '\(endpoint)' is at revision \(current.revision), not \(ifMatch ?? 0)",
                field: "ifMatch", hint: "somebody else changed it; look at it again, then decide")
        }
        guard current.document != document || current.revision == 0 else {
            return Change(current.revision, event: nil)
        }
        let next = MonitorSpecification(revision: current.revision + 1, document: document)
        try transaction.insertMonitor(next, of: endpoint, space: space, by: principal)
        var sections: [String] = []
        if case .mapping(let members) = document { sections = members.keys.sorted() }
        return Change(
            next.revision,
            event: AuditDraft(
                action: "monitor.set", subject: endpoint,
                detail: ["revision": String(next.revision), "sections": sections.joined(separator: ",")]))
    }

    /// Each section as its room reads it; what no room knows is refused.
    private func read(_ document: DocumentValue) throws(ControlError) -> DocumentValue {
        var fields: DocumentFields
        do { fields = try DocumentFields(document, at: "") } catch {
            throw ControlError(.invalid, "the monitor must be a mapping of names to values, not \(document.kind)")
        }
        var kept: [String: DocumentValue] = [:]
        for section in sections {
            guard let value = fields.value(section.name) else { continue }
            kept[section.name] = try section.read(value, at: section.name)
        }
        try fields.finish()
        return .mapping(kept)
    }

    private func apply(_ specification: MonitorSpecification, _ endpoint: String, _ space: String) {
        for section in sections {
            section.apply(specification.section(section.name), endpoint: endpoint, space: space)
        }
    }
}
