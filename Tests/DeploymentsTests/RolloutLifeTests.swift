import Governance
import Identity
import Journal
import Testing

@testable import Deployments

struct RolloutLifeTests {
    private static let moment = Timestamp(microseconds: 1)

    /// Of three steps, 10 s, 20 s and 30 s.
    private func life(
        holds: [Int] = [10_000, 20_000, 30_000], promotes: Bool = true, watch: Int = 0, expiry: Int? = nil,
        approvals: ApprovalDemand = .none
    ) -> RolloutLife {
        RolloutLife(
            course: RolloutCourse(
                holds: holds, promotesItself: promotes, watch: watch, expiry: expiry, approvals: approvals),
            requestedBy: "asker", pushedBy: ["pusher"])
    }

    private func running(_ life: RolloutLife) -> RolloutLife {
        var life = life
        #expect(life.take(.requested(reason: "")) == .begin)
        #expect(life.take(.began) == .wait)
        return life
    }

    @Test func `a canary that passes goes from step to step and promotes itself`() {
        var life = running(life())
        #expect(life.state == .running)
        for (step, hold) in [10_000, 20_000].enumerated() {
            #expect(life.tick(hold - 1, .pass) == .wait)
            #expect(life.tick(1, .pass) == .advance(to: step + 1, evidence: "words"))
            // What was decided has not happened until it is said to have.
            #expect(life.step == step)
            #expect(life.take(.advanced(to: step + 1, evidence: "words")) == .wait)
            #expect(life.held == 0)
        }
        #expect(life.tick(30_000, .pass) == .promote(evidence: "words"))
        #expect(life.take(.promoted(variant: "canary", revision: 2, evidence: "words")) == .end)
        #expect(life.state == .promoted)
        #expect(life.served == 60_000)
    }

    @Test func `a failure goes back at once, before any hold is over`() {
        var life = running(life())
        #expect(life.tick(1, .fail) == .rollBack(evidence: "words"))
        #expect(life.take(.rolledBack(revision: nil, evidence: "words")) == .end)
        #expect(life.state == .rolledBack)
        #expect(life.message == "words")
    }

    @Test func `too little to judge by holds, says so, and never promotes`() {
        var life = running(life(holds: [10_000]))
        for _ in 0..<100 { #expect(life.tick(10_000, .inconclusive) == .wait) }
        #expect(life.message == "holds: words")
        #expect(life.step == 0)
        #expect(life.tick(1, .pass) == .promote(evidence: "words"))
    }

    @Test func `a paused rollout stays where it is, and still goes back when it fails`() {
        var life = running(life())
        #expect(life.tick(9000, .pass) == .wait)
        #expect(life.take(.paused(reason: "lunch")) == .wait)
        #expect(life.tick(1_000_000, .pass) == .wait)
        #expect(life.held == 9000)
        #expect(isRefused(life.take(.advanced(to: 1, evidence: ""))))
        var failing = life
        #expect(failing.tick(1, .fail) == .rollBack(evidence: "words"))
        #expect(life.take(.resumed) == .wait)
        #expect(life.tick(1000, .pass) == .advance(to: 1, evidence: "words"))
    }

    @Test func `a frozen space holds the step, and does not keep a failure from going back`() {
        var life = running(life())
        #expect(life.tick(10_000, .pass, freeze: "quarter end") == .wait)
        #expect(life.message == "holds: quarter end")
        #expect(life.tick(1, .fail, freeze: "quarter end") == .rollBack(evidence: "words"))
    }

    @Test func `steps that end below the whole wait for somebody`() {
        var life = running(life(holds: [1000], promotes: false))
        #expect(life.tick(5000, .pass) == .wait)
        #expect(life.message == "every step has passed: promote it, or abort it")
        #expect(life.take(.promoted(variant: "canary", revision: 2, evidence: "by hand")) == .end)
    }

    @Test func `a watch that ends without a breach settles`() {
        var life = running(life(holds: [], watch: 60_000))
        #expect(life.state == .watching)
        #expect(life.tick(59_999, .inconclusive) == .wait)
        #expect(isRefused(life.take(.aborted(reason: ""))))
        #expect(life.tick(1, .inconclusive) == .settle)
        #expect(life.take(.settled) == .end)
        #expect(life.state == .promoted)
    }

    @Test func `a breach during the watch goes back; a change by hand ends the watch`() {
        var breached = running(life(holds: [], watch: 60_000))
        var changed = breached
        #expect(breached.tick(1, .fail) == .rollBack(evidence: "words"))
        #expect(breached.take(.rolledBack(revision: 3, evidence: "words")) == .end)
        #expect(changed.take(.superseded(reason: "another deploy")) == .end)
        #expect(changed.state == .promoted)
    }

    @Test func `it expires after its time of serving, paused or not`() {
        var life = running(life(holds: [], expiry: 5000))
        #expect(life.tick(4999, .inconclusive) == .wait)
        #expect(life.take(.paused(reason: "")) == .wait)
        #expect(life.tick(1, .inconclusive) == .expire)
        #expect(life.take(.expired) == .end)
        #expect(life.state == .expired)
    }

    @Test func `approvals come first, by the right people, each once`() {
        var life = life(approvals: ApprovalDemand(count: 2, roles: [.validator], fourEyes: true))
        #expect(life.take(.requested(reason: "")) == .wait)
        #expect(life.state == .awaitingApproval)
        #expect(life.message == "needs 2 more approvals by validator")
        #expect(isRefused(life.take(.began)))
        let yes = RolloutEvent.approved(roles: [.validator], comment: "")
        #expect(isRefused(life.take(yes, by: "asker")))
        #expect(isRefused(life.take(yes, by: "pusher")))
        #expect(isRefused(life.take(.approved(roles: [.developer], comment: ""), by: "vera")))
        #expect(life.take(yes, by: "vera") == .wait)
        #expect(isRefused(life.take(yes, by: "vera")))
        #expect(life.take(yes, by: "victor") == .begin)
        #expect(life.take(.began) == .wait)
        #expect(life.state == .running)
    }

    @Test func `a rejection ends what waits for approvals, and nothing else`() {
        var waiting = life(approvals: ApprovalDemand(count: 1))
        _ = waiting.take(.requested(reason: ""))
        #expect(waiting.take(.rejected(reason: "not now")) == .end)
        #expect(waiting.state == .aborted)
        var begun = running(life())
        #expect(isRefused(begun.take(.rejected(reason: "not now"))))
    }

    /// Every event in every state: what has ended never changes again, and a refusal changes nothing.
    @Test func `what has ended stays ended, and a refusal changes nothing`() {
        let events: [RolloutEvent] = [
            .requested(reason: ""), .approved(roles: [.validator], comment: ""), .rejected(reason: "r"), .began,
            .advanced(to: 1, evidence: ""), .advanced(to: 7, evidence: ""), .paused(reason: ""), .resumed,
            .promoted(variant: "canary", revision: 2, evidence: ""), .settled, .superseded(reason: "r"),
            .aborted(reason: "r"), .rolledBack(revision: nil, evidence: "e"), .expired,
        ]
        var reached: Set<RolloutLife> = []
        var open = [
            life(), life(holds: [], watch: 1000), life(approvals: ApprovalDemand(count: 1, fourEyes: false)),
        ]
        while let state = open.popLast() {
            guard reached.insert(state).inserted, reached.count < 500 else { continue }
            for event in events {
                var next = state
                let action = next.take(event, by: "vera")
                if isRefused(action) {
                    #expect(next == state, "\(event) was refused and changed \(state)")
                } else {
                    #expect(state.state.isOpen, "\(event) changed what had ended: \(state.state)")
                    open.append(next)
                }
            }
            var ticked = state
            _ = ticked.tick(1000, .inconclusive)
            if !state.state.isOpen { #expect(ticked == state) }
        }
        #expect(Set(reached.map(\.state)) == Set(RolloutLife.State.allCases))
    }

    @Test func `a clock that jumps overflows nothing`() {
        var life = running(life())
        #expect(life.tick(.max, .inconclusive) == .wait)
        #expect(life.tick(.max, .inconclusive) == .wait)
        #expect(life.tick(.min, .pass) == .advance(to: 1, evidence: "words"))
    }

    private func isRefused(_ action: RolloutAction) -> Bool {
        if case .refuse = action { true } else { false }
    }
}

extension RolloutLife {
    fileprivate mutating func take(_ event: RolloutEvent, by: String = "asker") -> RolloutAction {
        handle(event, by: by, at: Timestamp(microseconds: 1))
    }

    fileprivate mutating func tick(
        _ milliseconds: Int, _ verdict: AnalysisVerdict, freeze: String? = nil
    ) -> RolloutAction {
        tick(RolloutTick(milliseconds: milliseconds, verdict: verdict, sentence: "words", freeze: freeze))
    }
}

struct ErrorWatchTests {
    @Test(arguments: [0.01, 0.05, 0.2])
    func `a version that fails every request is noticed within a few`(limit: Double) {
        var watch = ErrorWatch()
        var needed = 0
        while !watch.isBreached(limit: limit), needed < 100 {
            watch.observe(requests: 1, errors: 1)
            needed += 1
        }
        #expect(needed <= 10, "took \(needed) requests")
    }

    /// 2,000 versions that fail exactly as often as they may, looked at after every request.
    @Test func `a version at the limit is hardly ever taken back, however often one looks`() {
        var random = Generator(state: 7)
        var wrong = 0
        for _ in 0..<2000 {
            var watch = ErrorWatch()
            for _ in 0..<1000 {
                watch.observe(requests: 1, errors: random.next() < 0.05 ? 1 : 0)
                if watch.isBreached(limit: 0.05) {
                    wrong += 1
                    break
                }
            }
        }
        // 2 are expected at most; 10 would be a one in 10,000 chance.
        #expect(wrong < 10, "\(wrong) of 2000")
    }

    @Test func `a version that fails twice as often as it may is noticed within a thousand requests`() {
        var random = Generator(state: 11)
        var caught = 0
        for _ in 0..<200 {
            var watch = ErrorWatch()
            for _ in 0..<1000 where !watch.isBreached(limit: 0.05) {
                watch.observe(requests: 1, errors: random.next() < 0.1 ? 1 : 0)
            }
            if watch.isBreached(limit: 0.05) { caught += 1 }
        }
        #expect(caught >= 190, "\(caught) of 200")
    }

    @Test func `limits of none and of all`() {
        var watch = ErrorWatch()
        watch.observe(requests: 10, errors: 12)
        #expect(watch.errors == 10)
        #expect(watch.isBreached(limit: 0))
        #expect(!watch.isBreached(limit: 1))
        #expect(!ErrorWatch().isBreached(limit: 0))
    }

    /// Numbers from 0 up to 1, the same in every run.
    private struct Generator {
        var state: UInt64

        mutating func next() -> Double {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Double(state >> 11) / Double(1 << 53)
        }
    }
}
