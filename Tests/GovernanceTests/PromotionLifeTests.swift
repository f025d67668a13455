import Governance
import Identity
import Journal
import Testing

/// The state machine alone: every state against every event.
struct PromotionLifeTests {
    typealias State = PromotionLife.State
    typealias Action = PromotionLife.Action

    private static let now = Timestamp(microseconds: 1)

    private static func run(
        _ number: Int = 1, gates: [String] = ["a"], external: [String] = [], approvals: ApprovalDemand = .none
    ) -> PromotionRun {
        PromotionRun(
            number: number, basis: PromotionBasis(policyRevision: 1, champion: nil, lastApplied: 0),
            gates: gates.map { PlannedGate(name: $0, kind: .integrity) }
                + external.map { PlannedGate(name: $0, kind: .external, deadline: now) },
            approvals: approvals)
    }

    private static func report(_ gate: String, _ outcome: GateReport.Outcome = .passed) -> GateReport {
        GateReport(gate: gate, kind: .integrity, outcome: outcome, summary: "because")
    }

    private static let one = ApprovalDemand(count: 1)

    private static func approval(_ roles: [Role] = [.validator]) -> PromotionEvent {
        .approved(roles: roles, comment: "")
    }

    /// A life that has taken these events; a refused one fails the test.
    private static func life(_ events: [(String, PromotionEvent)]) -> PromotionLife {
        var life = PromotionLife(requestedBy: "asker", pushedBy: "pusher")
        for (by, event) in events {
            if case .refuse(let reason) = life.handle(event, by: by, at: now) {
                Issue.record("\(event.word) was refused: \(reason)")
            }
        }
        return life
    }

    private static let requested: (String, PromotionEvent) = ("asker", .requested(reason: ""))

    /// A life in each state.
    private static func life(in state: State) -> PromotionLife {
        let checking: [(String, PromotionEvent)] = [requested, ("asker", .checking(run(approvals: one)))]
        let awaiting = checking + [("asker", .reported(run: 1, report("a")))]
        switch state {
        case .checking: return life(checking)
        case .awaitingApproval: return life(awaiting)
        case .applied: return life(awaiting + [("val", approval()), ("val", .applied)])
        case .failed: return life(checking + [("asker", .failed(reason: "x"))])
        case .rejected: return life(awaiting + [("val", .rejected(reason: "x"))])
        case .withdrawn: return life(checking + [("asker", .withdrawn(reason: ""))])
        case .superseded: return life(checking + [("asker", .superseded(reason: "x"))])
        }
    }

    private static let events: [PromotionEvent] = [
        .requested(reason: ""), .checking(run(2)), .reported(run: 1, report("a")), .stale(reason: "s"), approval(),
        .rejected(reason: "r"), .withdrawn(reason: "w"), .superseded(reason: "s"), .failed(reason: "f"), .applied,
    ]

    /// What each event leads to in the two open states; `nil` is a refusal.
    private static let table: [String: [State: State]] = [
        "requested": [:], "checking": [:],
        "reported": [.checking: .awaitingApproval],
        "stale": [.checking: .checking, .awaitingApproval: .checking],
        "approved": [.awaitingApproval: .awaitingApproval],
        "rejected": [.checking: .rejected, .awaitingApproval: .rejected],
        "withdrawn": [.checking: .withdrawn, .awaitingApproval: .withdrawn],
        "superseded": [.checking: .superseded, .awaitingApproval: .superseded],
        "failed": [.checking: .failed, .awaitingApproval: .failed],
        "applied": [:],
    ]

    @Test(arguments: State.allCases, events)
    func `each event in each state does what the table says, and a refused one changes nothing`(
        state: State, event: PromotionEvent
    ) throws {
        var life = Self.life(in: state)
        #expect(life.state == state)
        let before = life
        let action = life.handle(event, by: "val", at: Self.now)
        if let next = try #require(Self.table[event.word])[state] {
            #expect(life.state == next)
            if case .refuse = action { Issue.record("\(event.word) in \(state) was refused") }
        } else {
            guard case .refuse = action else { return #expect(Bool(false), "\(event.word) in \(state): \(action)") }
            #expect(life == before)
        }
    }

    @Test func `the way through: asked, checked, approved, applied`() {
        var life = PromotionLife(requestedBy: "asker", pushedBy: "pusher")
        #expect(life.handle(.requested(reason: ""), by: "asker", at: Self.now) == .begin)
        #expect(life.pending == .begin)
        let run = Self.run(gates: ["a", "b"], approvals: ApprovalDemand(count: 2))
        #expect(life.handle(.checking(run), by: "asker", at: Self.now) == .runGates)
        #expect(life.pending == .runGates)
        #expect(life.handle(.reported(run: 1, Self.report("b")), by: "asker", at: Self.now) == .wait)
        #expect(life.outstanding.map(\.name) == ["a"])
        #expect(life.handle(.reported(run: 1, Self.report("a")), by: "asker", at: Self.now) == .wait)
        #expect(life.state == .awaitingApproval)
        #expect(life.handle(Self.approval(), by: "v1", at: Self.now) == .wait)
        #expect(life.missingApprovals == 1)
        #expect(life.handle(Self.approval(), by: "v2", at: Self.now) == .apply)
        #expect(life.pending == .apply)
        #expect(life.handle(.applied, by: "v2", at: Self.now) == .end)
        #expect(life.state == .applied)
        #expect(life.pending == .end)
    }

    @Test func `without gates and approvals it is applied at once`() {
        var life = Self.life([Self.requested])
        #expect(life.handle(.checking(Self.run(gates: [])), by: "asker", at: Self.now) == .apply)
        #expect(life.handle(.applied, by: "asker", at: Self.now) == .end)
    }

    @Test func `without gates it waits for approvals`() {
        let life = Self.life([Self.requested, ("asker", .checking(Self.run(gates: [], approvals: Self.one)))])
        #expect(life.state == .awaitingApproval)
    }

    @Test(arguments: [GateReport.Outcome.failed, .error])
    func `a gate that does not pass fails it, once every other that runs here has ended`(
        outcome: GateReport.Outcome
    ) {
        var life = Self.life([Self.requested, ("asker", .checking(Self.run(gates: ["a", "b"], external: ["ci"])))])
        #expect(life.handle(.reported(run: 1, Self.report("a", outcome)), by: "asker", at: Self.now) == .wait)
        let action = life.handle(.reported(run: 1, Self.report("b")), by: "asker", at: Self.now)
        #expect(action == .fail(reason: "a: because"), "a check that another system owes is not waited for")
        #expect(life.pending == .fail(reason: "a: because") || life.pending == .runGates)
    }

    @Test func `an outside check is waited for while everything else has passed`() {
        var life = Self.life([Self.requested, ("asker", .checking(Self.run(external: ["ci"])))])
        #expect(life.handle(.reported(run: 1, Self.report("a")), by: "asker", at: Self.now) == .wait)
        #expect(life.state == .checking)
        #expect(life.handle(.reported(run: 1, Self.report("ci")), by: "bot", at: Self.now) == .apply)
    }

    @Test func `reports of another run, of no gate, twice or without a result are refused`() {
        var life = Self.life(in: .checking)
        for event in [
            PromotionEvent.reported(run: 0, Self.report("a")), .reported(run: 2, Self.report("a")),
            .reported(run: 1, Self.report("z")), .reported(run: 1, Self.report("a", .pending)),
        ] {
            let before = life
            guard case .refuse = life.handle(event, by: "x", at: Self.now) else {
                Issue.record("\(event) was taken")
                continue
            }
            #expect(life == before)
        }
        var two = Self.life([Self.requested, ("asker", .checking(Self.run(gates: ["a", "b"])))])
        _ = two.handle(.reported(run: 1, Self.report("a")), by: "x", at: Self.now)
        guard case .refuse = two.handle(.reported(run: 1, Self.report("a", .failed)), by: "x", at: Self.now) else {
            Issue.record("a second report was taken")
            return
        }
    }

    @Test(
        arguments: [
            ("asker", [Role.validator], true, "four eyes"), ("pusher", [.validator], true, "four eyes"),
            ("val", [.developer], true, "the role"), ("val", [], true, "the role"), ("val", [.validator], true, nil),
            ("asker", [.validator], false, nil), ("pusher", [.validator, .viewer], false, nil),
        ] as [(String, [Role], Bool, String?)])
    func `who may approve`(who: String, roles: [Role], fourEyes: Bool, refused: String?) {
        let demand = ApprovalDemand(count: 1, roles: [.validator], fourEyes: fourEyes)
        var life = Self.life([
            Self.requested, ("asker", .checking(Self.run(approvals: demand))),
            ("asker", .reported(run: 1, Self.report("a"))),
        ])
        let action = life.handle(Self.approval(roles), by: who, at: Self.now)
        if let refused {
            guard case .refuse(let reason) = action else { return #expect(Bool(false), "\(action)") }
            #expect(reason.contains(refused))
            #expect(life.approvals.isEmpty)
        } else {
            #expect(action == .apply)
        }
    }

    @Test func `nobody approves twice`() {
        var life = Self.life([
            Self.requested, ("asker", .checking(Self.run(approvals: ApprovalDemand(count: 2)))),
            ("asker", .reported(run: 1, Self.report("a"))), ("val", Self.approval()),
        ])
        guard case .refuse = life.handle(Self.approval(), by: "val", at: Self.now) else {
            Issue.record("it was taken")
            return
        }
        #expect(life.missingApprovals == 1)
    }

    @Test func `stale evidence goes with its approvals, and the next run starts from nothing`() {
        var life = Self.life([
            Self.requested, ("asker", .checking(Self.run(approvals: ApprovalDemand(count: 2)))),
            ("asker", .reported(run: 1, Self.report("a"))), ("v1", Self.approval()),
        ])
        #expect(life.handle(.stale(reason: "the policy changed"), by: "v2", at: Self.now) == .begin)
        #expect(life.state == .checking)
        #expect(life.approvals.isEmpty)
        #expect(life.reports.isEmpty)
        guard case .refuse = life.handle(.checking(Self.run(1)), by: "asker", at: Self.now) else {
            Issue.record("a run's number came back")
            return
        }
        let second = Self.run(2, approvals: ApprovalDemand(count: 2))
        #expect(life.handle(.checking(second), by: "asker", at: Self.now) == .runGates)
        guard case .refuse = life.handle(.reported(run: 1, Self.report("a")), by: "asker", at: Self.now) else {
            Issue.record("a report of the first run was taken in the second")
            return
        }
        _ = life.handle(.reported(run: 2, Self.report("a")), by: "asker", at: Self.now)
        #expect(life.missingApprovals == 2)
        #expect(life.handle(Self.approval(), by: "v1", at: Self.now) == .wait)
    }

    @Test func `the basis says in words what has changed`() {
        let then = PromotionBasis(policyRevision: 1, champion: "m:1", lastApplied: 0)
        #expect(then.difference(to: then) == nil)
        var now = then
        now.policyRevision = 2
        #expect(then.difference(to: now) == "the policy is at revision 2, the checks ran under 1")
        now = then
        now.champion = nil
        #expect(then.difference(to: now) == "nothing is live now, the checks ran against m:1")
        now = then
        now.lastApplied = 4
        #expect(then.difference(to: now)?.contains("promotion 4") == true)
    }
}
