import Deployments
import Foundation
import GRDB
import Identity
import Journal
import Registry
import Serving
import Store
import Testing

@testable import Governance

/// Promotions on a real data folder.
struct PromotionTests {
    private static let plain = "promotesFrom: [test]"
    private static let gated = "promotesFrom: [test]\ngates: [{name: whole, kind: integrity}]"
    private static let approved = gated + "\napprovals: {count: 1}"
    private static let external =
        "promotesFrom: [test]\ngates: [{name: whole, kind: integrity}, {name: ci, kind: external, timeoutSeconds: 60}]"

    private func harbour(_ policy: String) async throws -> Harbour {
        let harbour = try await Harbour()
        try await harbour.push("churn", "one")
        try await harbour.policy(policy)
        return harbour
    }

    @Test func `without gates and approvals a version is there at once, with number, digest and audit`() async throws {
        let harbour = try await harbour(Self.plain)
        defer { harbour.remove() }
        let promotion = try await harbour.request(1)
        #expect(promotion.state == .applied)
        #expect(promotion.number == 1)
        #expect(promotion.steps.map(\.event.word) == ["requested", "checking", "applied"])
        let here = try await harbour.registry.version("churn", number: 1, space: "prod")
        let there = try await harbour.registry.version("churn", number: 1, space: "test")
        #expect(here == there)
        #expect(promotion.digest == here.artifact.digest)
        try await harbour.deploy(1)
        #expect(try await harbour.store.verify().isIntact)
    }

    @Test func `gates run, then people approve, then it is applied`() async throws {
        let harbour = try await harbour(Self.approved)
        defer { harbour.remove() }
        harbour.hashing.close()
        #expect(try await harbour.request(1).state == .checking)
        await harbour.hashing.arrival()
        let running = try await harbour.promotions.show(1, space: "test")
        #expect(running.progress == ["whole": "running"])
        #expect(await controlError { _ = try await harbour.approve(1) }?.code == .conflict)
        harbour.hashing.open()
        let waiting = try await harbour.settled(1, .awaitingApproval)
        #expect(waiting.reports.map(\.outcome) == [.passed])
        #expect(try await !harbour.isAvailable(1))
        #expect(try await harbour.promotions.show(1, space: "prod").approvers == ["val", "val2"])
        let (done, counted) = try await harbour.approve(1)
        #expect(counted)
        #expect(done.state == .applied)
        #expect(try await harbour.isAvailable(1))
        #expect(try await harbour.store.verify().isIntact)
    }

    @Test func `a gate that fails ends it, and nothing becomes available`() async throws {
        let harbour = try await harbour(Self.approved)
        defer { harbour.remove() }
        harbour.hashing.find(["'model.onnx' has changed"])
        _ = try await harbour.request(1)
        let failed = try await harbour.settled(1, .failed)
        #expect(failed.life.ending == "whole: 'model.onnx' has changed")
        #expect(failed.reports.first?.figures.first?.passed == false)
        #expect(try await !harbour.isAvailable(1))
        // A better world, a new promotion.
        harbour.hashing.find([])
        #expect(try await harbour.request(1).number == 2)
        _ = try await harbour.settled(2, .awaitingApproval)
    }

    @Test func `bytes that have rotted are found by the integrity gate`() async throws {
        let harbour = try await harbour(Self.gated)
        defer { harbour.remove() }
        let file = try await harbour.registry.version("churn", space: "test").artifact.files[0].sha256
        let path = "\(harbour.folder)/blobs/sha256/\(file.prefix(2))/\(file)"
        try Data("eno".utf8).write(to: URL(fileURLWithPath: path))
        _ = try await harbour.request(1)
        let failed = try await harbour.settled(1, .failed)
        #expect(failed.life.ending.contains("has changed since it was pushed"))
    }

    @Test(
        arguments: [
            ("asker", ControlError.Code.refused), ("pusher", .refused), ("nobody", .refused),
        ] as [(String, ControlError.Code)])
    func `who asked, who pushed and who is no validator does not approve`(
        who: String, code: ControlError.Code
    ) async throws {
        let harbour = try await harbour(Self.approved)
        defer { harbour.remove() }
        _ = try await harbour.request(1)
        _ = try await harbour.settled(1, .awaitingApproval)
        let generation = try await harbour.store.generation()
        let error = await controlError { _ = try await harbour.approve(1, by: Principal(id: who)) }
        #expect(error?.code == code)
        #expect(try await harbour.store.generation() == generation)
        #expect(try await !harbour.isAvailable(1))
    }

    @Test func `two approvals are two people`() async throws {
        let harbour = try await harbour(Self.gated + "\napprovals: {count: 2}")
        defer { harbour.remove() }
        _ = try await harbour.request(1)
        _ = try await harbour.settled(1, .awaitingApproval)
        #expect(try await harbour.approve(1).promotion.state == .awaitingApproval)
        #expect(await controlError { _ = try await harbour.approve(1) }?.code == .refused)
        #expect(try await harbour.promotions.show(1, space: "prod").approvers == ["val2"])
        #expect(try await harbour.approve(1, by: .second).promotion.state == .applied)
    }

    @Test func `an approval after the policy changed runs the gates again and does not count`() async throws {
        let harbour = try await harbour(Self.gated + "\napprovals: {count: 2}")
        defer { harbour.remove() }
        _ = try await harbour.request(1)
        _ = try await harbour.settled(1, .awaitingApproval)
        #expect(try await harbour.approve(1).counted)
        try await harbour.policy(Self.approved)
        #expect(try await harbour.promotions.show(1, space: "prod").staleness?.contains("policy") == true)
        let (promotion, counted) = try await harbour.approve(1, by: .second)
        #expect(!counted)
        #expect(promotion.life.approvals.isEmpty, "the first approval is gone with its evidence")
        let again = try await harbour.settled(1, .awaitingApproval, run: 2)
        #expect(again.lastRun?.basis.policyRevision == 2)
        #expect(harbour.hashing.runs == 2)
        #expect(again.life.missingApprovals == 1)
        #expect(try await harbour.approve(1).promotion.state == .applied)
    }

    @Test func `a champion that came meanwhile makes the evidence stale`() async throws {
        let harbour = try await harbour(Self.approved)
        defer { harbour.remove() }
        try await harbour.push("churn", "two")
        _ = try await harbour.request(1)
        _ = try await harbour.settled(1, .awaitingApproval)
        _ = try await harbour.request(2)
        _ = try await harbour.settled(2, .awaitingApproval)
        #expect(try await harbour.approve(2).promotion.state == .applied)
        let (first, counted) = try await harbour.approve(1)
        #expect(!counted, "one wins, the other is looked at again")
        #expect(first.steps.contains { $0.text.contains("promotion 2 brought another version") })
        _ = try await harbour.settled(1, .awaitingApproval, run: 2)
        try await harbour.deploy(2)
        let (second, again) = try await harbour.approve(1)
        #expect(!again)
        #expect(second.steps.contains { $0.text.contains("churn:2 is live now") })
        let third = try await harbour.settled(1, .awaitingApproval, run: 3)
        #expect(third.lastRun?.basis.champion == "churn:2")
        let view = try await harbour.promotions.show(1, space: "prod")
        #expect(
            view.changes.first
                == ComparedFact(name: "metric accuracy", champion: "0.03", candidate: "0.03", difference: 0))
        #expect(try await harbour.approve(1).promotion.state == .applied)
    }

    @Test func `a policy that changes while gates run sends it back at once`() async throws {
        let harbour = try await harbour(Self.gated)
        defer { harbour.remove() }
        harbour.hashing.close()
        _ = try await harbour.request(1)
        await harbour.hashing.arrival()
        try await harbour.policy(Self.approved)
        harbour.hashing.open()
        let again = try await harbour.settled(1, .awaitingApproval)
        #expect(again.life.runs == 2, "no approval was asked for under the first policy, one is under the second")
        #expect(try await !harbour.isAvailable(1))
    }

    @Test func `of two requests for the same version one is made, the other hears which`() async throws {
        let harbour = try await harbour(Self.approved)
        defer { harbour.remove() }
        async let one = attempt(harbour)
        async let two = attempt(harbour)
        let results = await [one, two]
        let made = results.compactMap { try? $0.get() }
        #expect(made.count == 1)
        let error = results.compactMap { result in
            if case .failure(let error) = result { error as? ControlError } else { nil }
        }.first
        #expect(error?.code == .conflict)
        #expect(error?.message == "churn:1 is on its way to 'prod' already, by promotion 1")
    }

    @Test func `the same key gives the same promotion, and what is there already is not promoted`() async throws {
        let harbour = try await harbour(Self.plain)
        defer { harbour.remove() }
        #expect(try await harbour.request(1, key: "k").number == 1)
        #expect(try await harbour.request(1, key: "k").number == 1)
        #expect(
            await controlError { _ = try await harbour.request(1) }?.message == "churn:1 is available in 'prod' already"
        )
    }

    @Test func `requests that cannot be are refused without saying more than is known already`() async throws {
        let harbour = try await harbour(Self.plain)
        defer { harbour.remove() }
        _ = try await harbour.spaces.create("closed", principal: .asker)
        let closed = await controlError { _ = try await harbour.request(1, to: "closed") }
        let absent = await controlError { _ = try await harbour.request(1, to: "absent") }
        #expect(closed?.message.replacing("closed", with: "absent") == absent?.message)
        #expect(closed?.code == absent?.code)
        #expect(await controlError { _ = try await harbour.request(2) }?.code == .notFound)
        #expect(await controlError { _ = try await harbour.request(1, model: "none") }?.code == .notFound)
        #expect(await controlError { _ = try await harbour.request(1, from: "nowhere") }?.code == .notFound)
        #expect(await controlError { _ = try await harbour.promotions.show(9, space: "prod") }?.code == .notFound)
        _ = try await harbour.request(1)
        #expect(await controlError { _ = try await harbour.promotions.show(1, space: "default") }?.code == .notFound)
        #expect(try await harbour.promotions.list(PromotionFilter(space: "default")).items.isEmpty)
        #expect(try await harbour.promotions.list(PromotionFilter(space: "test")).items.count == 1)
    }

    @Test func `rejecting needs a reason, withdrawing is for who asked, and both end it`() async throws {
        let harbour = try await harbour(Self.approved)
        defer { harbour.remove() }
        _ = try await harbour.request(1)
        _ = try await harbour.settled(1, .awaitingApproval)
        let service = harbour.promotions
        #expect(
            await controlError {
                _ = try await service.reject(1, space: "prod", reason: "  ", principal: .validator, roles: [.validator])
            }?.field == "reason")
        #expect(
            await controlError { _ = try await service.withdraw(1, space: "prod", principal: .second) }?.code
                == .refused)
        let viewer = await controlError {
            _ = try await service.reject(1, space: "prod", reason: "no", principal: .second, roles: [.viewer])
        }
        #expect(viewer?.code == .refused)
        // What is decided in prod is not the source's matter.
        #expect(
            await controlError {
                _ = try await service.reject(1, space: "test", reason: "no", principal: .validator, roles: [.validator])
            }?.code == .refused)
        let rejected = try await service.reject(
            1, space: "prod", reason: "recall", principal: .validator, roles: [.validator])
        #expect(rejected.state == .rejected)
        #expect(rejected.life.ending == "recall")
        #expect(await controlError { _ = try await harbour.approve(1) }?.code == .conflict)
        _ = try await harbour.request(1)
        #expect(try await service.withdraw(2, space: "test", principal: .asker).state == .withdrawn)
        #expect(try await !harbour.isAvailable(1))
    }

    @Test func `a promotion that ends while its gates run is not brought back by them`() async throws {
        let harbour = try await harbour(Self.gated)
        defer { harbour.remove() }
        harbour.hashing.close()
        _ = try await harbour.request(1)
        await harbour.hashing.arrival()
        _ = try await harbour.promotions.withdraw(1, space: "prod", principal: .asker)
        harbour.hashing.open()
        _ = try await harbour.request(1)
        _ = try await harbour.settled(2, .applied)
        #expect(try await harbour.promotions.show(1, space: "prod").promotion.state == .withdrawn)
    }

    @Test func `an outside check is reported once, by whoever may, with its link`() async throws {
        let harbour = try await harbour(Self.external)
        defer { harbour.remove() }
        let bot = Principal(id: "bot")
        func report(_ check: String, _ passed: Bool, _ number: Int = 1) async throws -> Promotion {
            try await harbour.promotions.report(
                number, check: check, space: "prod",
                result: ExternalResult(passed: passed, link: "https://ci.example/1", note: "42 tests"), principal: bot)
        }
        harbour.hashing.close()
        _ = try await harbour.request(1)
        #expect(await controlError { _ = try await report("cy", true) }?.hint == "there are ci")
        #expect(await controlError { _ = try await report("whole", true) }?.code == .refused)
        #expect(try await report("ci", true).state == .checking)
        #expect(await controlError { _ = try await report("ci", false) }?.code == .conflict)
        harbour.hashing.open()
        let applied = try await harbour.settled(1, .applied)
        let gate = try #require(applied.reports.last)
        #expect(gate.outcome == .passed)
        #expect(gate.link == "https://ci.example/1")
        #expect(gate.notes == ["42 tests"])
        #expect(gate.summary == "reported as passed by bot")
        #expect(await controlError { _ = try await report("ci", true) }?.code == .conflict)

        try await harbour.push("churn", "two")
        _ = try await harbour.request(2)
        _ = try await report("ci", false, 2)
        #expect(try await harbour.settled(2, .failed).life.ending.contains("reported as failed by bot"))
    }

    @Test(arguments: ["ftp://x", "javascript:alert(1)", "https://a b", "", "https://x\u{7}"])
    func `a link that is no web address is refused`(link: String) {
        #expect(throws: ControlError.self) { try ExternalResult(passed: true, link: link) }
    }

    @Test func `an outside check that nobody reports in time fails`() async throws {
        let harbour = try await harbour(Self.external)
        defer { harbour.remove() }
        _ = try await harbour.request(1)
        harbour.clock.advance(seconds: 59)
        try await harbour.expire(1)
        #expect(try await harbour.promotions.show(1, space: "prod").promotion.state == .checking)
        harbour.clock.advance(seconds: 2)
        try await harbour.expire(1)
        let failed = try await harbour.settled(1, .failed)
        #expect(failed.life.ending.contains("ci: nobody reported it until"))
    }

    @Test func `what was checking when the server ended is taken up again, and only what had no result`() async throws {
        let harbour = try await harbour(Self.external)
        let folder = harbour.folder
        harbour.hashing.close()
        _ = try await harbour.request(1)
        await harbour.hashing.arrival()
        _ = try await harbour.promotions.report(
            1, check: "ci", space: "prod", result: ExternalResult(passed: true), principal: .validator)
        harbour.promotions.stop()
        try harbour.store.close()
        harbour.hashing.open()

        let again = try await Harbour(folder: folder)
        defer { again.remove() }
        #expect(try await again.promotions.show(1, space: "prod").promotion.state == .checking)
        try await again.promotions.resume()
        let applied = try await again.settled(1, .applied)
        #expect(again.hashing.runs == 1)
        #expect(applied.life.runs == 1, "it is the same run")
        #expect(try await again.isAvailable(1))
        #expect(try await again.store.verify().isIntact)
    }

    @Test func `a target, a source or a version that went meanwhile ends it clearly`() async throws {
        let harbour = try await harbour(Self.approved)
        defer { harbour.remove() }
        _ = try await harbour.request(1)
        _ = try await harbour.settled(1, .awaitingApproval)
        // The ordinary way is refused, and says what is in the way.
        #expect(
            await controlError { try await harbour.spaces.delete("prod", principal: .asker) }?.message
                == "the space 'prod' is not empty: the open promotion 1")
        // Whatever way it went: the version is not in the source any more.
        try await harbour.sql("DELETE FROM version_space")
        let (gone, counted) = try await harbour.approve(1)
        #expect(!counted)
        #expect(gone.state == .superseded)
        #expect(gone.life.ending == "churn:1 is not available in 'test' any more")
        #expect(try await !harbour.isAvailable(1))
    }

    @Test func `a target that was removed, and made again under its name, gets nothing`() async throws {
        let harbour = try await harbour(Self.gated)
        defer { harbour.remove() }
        harbour.hashing.close()
        _ = try await harbour.request(1)
        await harbour.hashing.arrival()
        try await harbour.sql("UPDATE space SET name = '~9~prod', removed_at = 1 WHERE name = 'prod'")
        _ = try await harbour.spaces.create("prod", principal: .asker)
        try await harbour.policy(Self.gated)
        harbour.hashing.open()
        while try await harbour.promotions.show(1, space: "test").promotion.state == .checking { await Task.yield() }
        let ended = try await harbour.promotions.show(1, space: "test").promotion
        #expect(ended.state == .superseded)
        #expect(ended.life.ending == "the space 'prod' was removed")
        #expect(try await !harbour.isAvailable(1))
        #expect(await controlError { _ = try await harbour.promotions.show(1, space: "prod") }?.code == .notFound)
    }

    @Test func `promotions and their steps cannot be changed, even by a bug of ours`() async throws {
        let harbour = try await harbour(Self.plain)
        defer { harbour.remove() }
        _ = try await harbour.request(1)
        for statement in [
            "UPDATE promotion_step SET actor = 'local'", "DELETE FROM promotion_step",
            "UPDATE promotion SET state = 'checking'", "UPDATE promotion SET requested_by = 'local'",
            "DELETE FROM promotion", "UPDATE space_policy SET document = '{}'", "DELETE FROM space_policy",
        ] {
            await #expect(throws: (any Error).self, "\(statement)") { try await harbour.sql(statement) }
        }
    }
}

extension Harbour {
    /// What the server does when a deadline has passed.
    func expire(_ number: Int) async throws { try await promotions.expire(number, run: 1) }

    /// On the database, past all rules.
    func sql(_ statement: String) async throws {
        let queue = try DatabaseQueue(path: folder + "/slipway.db")
        try await queue.write { try $0.execute(sql: statement) }
        try queue.close()
    }
}

private func attempt(_ harbour: Harbour) async -> Result<Promotion, any Error> {
    do { return .success(try await harbour.request(1)) } catch { return .failure(error) }
}
