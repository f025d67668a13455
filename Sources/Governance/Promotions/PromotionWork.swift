import Journal
import Registry

/// One promotion inside one transaction: takes an event and everything that follows from it at once, so that what is
/// committed is always a state in which something is waited for, or the end.
struct PromotionWork {
    let transaction: any PromotionTransaction
    let principal: Principal
    private(set) var promotion: Promotion
    /// The words of the steps that were taken here.
    private(set) var taken: [String] = []

    init(_ promotion: Promotion, principal: Principal, in transaction: any PromotionTransaction) {
        self.promotion = promotion
        self.principal = principal
        self.transaction = transaction
    }

    /// Loads what is kept; `notFound` unless it concerns the space.
    init(number: Int, space: String?, principal: Principal, in transaction: any PromotionTransaction) throws {
        guard let found = try transaction.promotion(number), space.map(found.concerns) ?? true else {
            throw ControlError.promotionNotFound(number, space ?? "")
        }
        self.init(found, principal: principal, in: transaction)
    }

    /// The state of the world that evidence has to be about; a sentence where the promotion has lost its object.
    enum World {
        case here(SpacePolicy, PromotionBasis)
        case gone(String)
    }

    func world() throws -> World {
        let (model, target) = (promotion.model, promotion.target)
        guard promotion.hasTarget, let policy = try transaction.policy(of: target) else {
            return .gone("the space '\(target)' was removed")
        }
        guard promotion.hasSource else {
            return .gone("the space '\(promotion.source)' was removed")
        }
        guard try transaction.version(model: model, number: promotion.version, space: promotion.source) != nil else {
            return .gone("\(promotion.label) is not available in '\(promotion.source)' any more")
        }
        guard try transaction.version(model: model, number: promotion.version, space: target) == nil else {
            return .gone("\(promotion.label) is available in '\(target)' already")
        }
        let champion = try transaction.champion(of: model, in: target)
        let basis = PromotionBasis(
            policyRevision: policy.revision, champion: champion?.label,
            lastApplied: try transaction.lastApplied(model: model, space: target) ?? 0)
        return .here(policy, basis)
    }

    /// Why the evidence is not about the world of now; `nil` when it is, and before there is any.
    func staleness() throws -> String? {
        guard let run = promotion.life.run else { return nil }
        switch try world() {
        case .gone(let reason): return reason
        case .here(_, let basis): return run.basis.difference(to: basis)
        }
    }

    /// Throws the refusal of an event that cannot happen now; then nothing has been written.
    mutating func take(_ event: PromotionEvent) throws {
        var next: PromotionEvent? = event
        while let event = next {
            let action = promotion.take(event, by: principal.id, at: transaction.time)
            if case .refuse(let reason) = action {
                throw ControlError(
                    .conflict, "promotion \(promotion.number): \(reason)", field: "promotion",
                    hint: "`slipway promotion show \(promotion.number)` shows where it stands")
            }
            if let step = promotion.steps.last {
                try transaction.append(step, to: promotion.number, state: promotion.state)
                taken.append(step.event.word)
            }
            next = try follow(action)
        }
    }

    /// Ends it, or sends it back to the checks, when the world is not the one that its evidence is about. True when so.
    mutating func yieldToWorld() throws -> Bool {
        switch try world() {
        case .gone(let reason):
            try take(.superseded(reason: reason))
            return true
        case .here(_, let basis):
            guard let reason = promotion.life.run?.basis.difference(to: basis) else { return false }
            try take(.stale(reason: reason))
            return true
        }
    }

    private func follow(_ action: PromotionLife.Action) throws -> PromotionEvent? {
        switch action {
        case .wait, .runGates, .end, .refuse: return nil
        case .fail(let reason): return .failed(reason: reason)
        case .begin:
            switch try world() {
            case .gone(let reason): return .superseded(reason: reason)
            case .here(let policy, let basis): return start(policy, basis)
            }
        case .apply:
            switch try world() {
            case .gone(let reason): return .superseded(reason: reason)
            case .here(_, let basis):
                if let reason = promotion.life.run?.basis.difference(to: basis) { return .stale(reason: reason) }
                try transaction.makeAvailable(
                    model: promotion.model, version: promotion.version, space: promotion.target, by: principal)
                return .applied
            }
        }
    }

    private func start(_ policy: SpacePolicy, _ basis: PromotionBasis) -> PromotionEvent {
        guard policy.promotesFrom.contains(promotion.source) else {
            return .failed(reason: "'\(promotion.target)' takes no versions from '\(promotion.source)' any more")
        }
        let gates = policy.gates(for: promotion.model).map { demand in
            guard case .external(let rule) = demand.rule else {
                return PlannedGate(name: demand.name, kind: demand.kind)
            }
            let (deadline, overflow) = transaction.time.microseconds
                .addingReportingOverflow(rule.timeoutSeconds * 1_000_000)
            return PlannedGate(
                name: demand.name, kind: demand.kind,
                deadline: Timestamp(microseconds: overflow ? .max : deadline))
        }
        return .checking(
            PromotionRun(
                number: promotion.life.runs + 1, basis: basis, gates: gates, approvals: policy.approvals))
    }
}

extension ControlError {
    /// The same words whether there is no such promotion or it concerns other spaces.
    static func promotionNotFound(_ number: Int, _ space: String) -> ControlError {
        ControlError(
            .notFound, "there is no promotion \(number)" + (space.isEmpty ? "" : " in space '\(space)'"),
            field: "promotion", hint: "`slipway promotion list` shows the promotions there are")
    }
}
