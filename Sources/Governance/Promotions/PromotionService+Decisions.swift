package import Identity
package import Journal

/// What people and other systems decide about a promotion.
extension PromotionService {
    /// Approves of the version and its evidence. Evidence that is about another world than that of now is gathered again
    /// instead, and the approval does not count.
    ///
    /// - Parameter roles: what the approver is in the target space.
    /// - Returns: the promotion, and whether the approval counts.
    package func approve(
        _ number: Int, space: String, comment: String = "", principal: Principal, roles: [Role],
        idempotencyKey: String? = nil
    ) async throws(ControlError) -> (promotion: Promotion, counted: Bool) {
        try Self.checkText(comment, field: "comment")
        let mutation = try self.mutation(
            ["promotion.approve", String(number), comment], space, principal, idempotencyKey)
        let committed = try await store.commit(mutation) { transaction in
            var work = try PromotionWork(number: number, target: space, principal: principal, in: transaction)
            if let reason = work.promotion.life.refusal(of: principal.id, roles: roles.map(\.rawValue)) {
                throw ControlError(
                    work.promotion.state == .awaitingApproval ? .refused : .conflict,
                    "promotion \(number) was not approved: \(reason)", field: "promotion",
                    hint: "`slipway promotion show \(number) --space \(space)` shows what is missing")
            }
            let counted = try !work.yieldToWorld()
            if counted { try work.take(.approved(roles: roles, comment: comment)) }
            return work.change(
                "promotion.approve", counted: counted, detail: comment.isEmpty ? [:] : ["comment": comment])
        }
        return (try await finish(number), committed.answer.counted)
    }

    /// Ends the promotion; the reason is required. Who could approve may reject, and so may validators and owners, whoever
    /// asked for it and whoever pushed the version.
    package func reject(
        _ number: Int, space: String, reason: String, principal: Principal, roles: [Role],
        idempotencyKey: String? = nil
    ) async throws(ControlError) -> Promotion {
        guard reason.contains(where: { !$0.isWhitespace }) else {
            throw ControlError(
                .invalid, "a rejection needs a reason", field: "reason",
                hint: "say what has to be better: --reason \"recall in the north is too low\"")
        }
        try Self.checkText(reason, field: "reason")
        let mutation = try self.mutation(
            ["promotion.reject", String(number), reason], space, principal, idempotencyKey)
        _ = try await store.commit(mutation) { transaction in
            var work = try PromotionWork(number: number, target: space, principal: principal, in: transaction)
            let judges = [.validator, .owner] + (work.promotion.life.run?.approvals.roles ?? [])
            guard roles.contains(where: judges.contains) else {
                throw ControlError(
                    .refused, "promotion \(number) was not rejected: that is for validators, owners and approvers",
                    field: "promotion")
            }
            try work.take(.rejected(reason: reason))
            return work.change("promotion.reject", counted: true)
        }
        return try await finish(number)
    }

    /// Takes the request back; only who made it may.
    package func withdraw(
        _ number: Int, space: String, reason: String = "", principal: Principal, idempotencyKey: String? = nil
    ) async throws(ControlError) -> Promotion {
        try Self.checkText(reason, field: "reason")
        let mutation = try self.mutation(
            ["promotion.withdraw", String(number), reason], space, principal, idempotencyKey)
        _ = try await store.commit(mutation) { transaction in
            var work = try PromotionWork(number: number, space: space, principal: principal, in: transaction)
            guard work.promotion.requestedBy == principal.id else {
                throw ControlError(
                    .refused, "promotion \(number) was asked for by \(work.promotion.requestedBy)",
                    field: "promotion", hint: "only who asked for it withdraws it; others reject it, with a reason")
            }
            try work.take(.withdrawn(reason: reason))
            return work.change("promotion.withdraw", counted: true)
        }
        return try await finish(number)
    }

    /// Takes the result of a check that another system made.
    package func report(
        _ number: Int, check: String, space: String, result: ExternalResult, principal: Principal,
        idempotencyKey: String? = nil
    ) async throws(ControlError) -> Promotion {
        let canonical = [
            "promotion.report", String(number), check, String(result.passed), result.link ?? "", result.note ?? "",
        ]
        let mutation = try self.mutation(canonical, space, principal, idempotencyKey)
        _ = try await store.commit(mutation) { transaction in
            var work = try PromotionWork(number: number, target: space, principal: principal, in: transaction)
            let report = try Self.report(check, result, work, transaction.time)
            try work.take(.reported(run: work.promotion.life.run?.number ?? 0, report))
            return work.change(
                "promotion.report", counted: true, detail: ["gate": check, "outcome": report.outcome.rawValue])
        }
        return try await finish(number)
    }

    private static func report(
        _ check: String, _ result: ExternalResult, _ work: PromotionWork, _ now: Timestamp
    ) throws -> GateReport {
        let life = work.promotion.life
        guard life.state.isOpen else {
            throw ControlError(
                .conflict, "promotion \(work.promotion.number) is \(life.state.words) already", field: "promotion")
        }
        let gates = life.run?.gates ?? []
        guard let gate = gates.first(where: { $0.name == check }) else {
            let names = gates.filter { $0.kind == .external }.map(\.name)
            throw ControlError(
                .notFound, "promotion \(work.promotion.number) has no check '\(Name.excerpt(of: check))'",
                field: "check",
                hint: names.isEmpty ? "none of its gates is external" : "there are \(names.joined(separator: ", "))")
        }
        guard gate.kind == .external else {
            throw ControlError(
                .refused, "the gate '\(check)' is carried out by the server and not reported", field: "check")
        }
        let started = work.promotion.steps.last { $0.event.word == "checking" }?.at
        return result.report(gate: check, by: work.principal, startedAt: started, at: now)
    }

    private func mutation(
        _ canonical: [String], _ space: String, _ principal: Principal, _ key: String?
    ) throws(ControlError) -> Mutation {
        Mutation(
            principal: principal, space: space, idempotency: try Idempotency.make(key, canonical + [space]))
    }
}

extension PromotionWork {
    /// Only for the target space: what is decided there is not the source's matter.
    init(
        number: Int, target: String, principal: Principal, in transaction: any PromotionTransaction
    ) throws {
        try self.init(number: number, space: target, principal: principal, in: transaction)
        guard promotion.target == target else {
            throw ControlError(
                .refused, "promotion \(number) is decided in the space that it goes to, '\(promotion.target)'",
                field: "promotion", hint: "name that space: --space \(promotion.target)")
        }
    }
}
