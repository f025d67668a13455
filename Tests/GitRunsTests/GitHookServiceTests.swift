import Foundation
import GitRuns
import Journal
import Store
import Synchronization
import Testing

/// A server's store with two repositories, and a hook that counts the runs that it asks for.
private final class Desk: Sendable {
    let folder: String
    let store: Store
    let secrets = HookSecrets(master: Array(repeating: 7, count: 32))
    let orders = Mutex<[String: (number: Int, order: GitHookService.Order)]>([:])
    let refusal = Mutex<ControlError?>(nil)

    init() async throws {
        folder = FileManager.default.temporaryDirectory.path + "/slipway-hooks-\(UUID().uuidString)"
        store = try Store.open(folder: folder)
        for name in ["churn", "other"] {
            let draft = try GitRepositoryDraft(name: name, space: "default", url: "file:///git/\(name).git")
            let mutation = Mutation(principal: .local, space: "default", idempotency: nil)
            _ = try await store.gitRuns.commit(mutation) { transaction in
                try transaction.insert(draft, salt: "salt", by: .local)
                return Change(true, event: nil)
            }
        }
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    var service: GitHookService {
        GitHookService(store: store.gitHooks, secrets: secrets) { order throws(ControlError) in
            if let refusal = self.refusal.withLock({ $0 }) { throw refusal }
            return self.orders.withLock { orders in
                if let known = orders[order.idempotencyKey] { return known.number }
                orders[order.idempotencyKey] = (orders.count + 1, order)
                return orders.count
            }
        }
    }

    var started: Int { orders.withLock { $0.count } }

    func message(
        _ changes: [String: Any] = [:], of repository: String = "churn", event: String = "push",
        delivery: String? = "d1"
    ) throws -> HookMessage {
        var members: [String: Any] = [
            "ref": "refs/heads/main", "after": String(repeating: "2", count: 40),
            "repository": ["clone_url": "file:///git/\(repository).git"], "pusher": ["name": "Ada"],
        ]
        for (name, value) in changes { members[name] = value }
        let body = Array(try JSONSerialization.data(withJSONObject: members, options: [.sortedKeys]))
        let key = Array(secrets.secret(ofRepository: repository, salt: "salt").utf8)
        return HookMessage(
            signature: HookSignature.sign(body, key: key), event: event, delivery: delivery, body: body)
    }
}

@Suite struct GitHookServiceTests {
    @Test func `a signed push of the branch begins a run, and the same message gives the same answer`() async throws {
        let desk = try await Desk()
        let message = try desk.message()
        let answer = try await desk.service.receive("churn", message)
        #expect(answer == HookAnswer(.started, "run 1 of churn at 222222222222", run: 1))
        let order = try #require(desk.orders.withLock { $0.values.first?.order })
        #expect(order.cause == "push by Ada")
        #expect(order.branch == "main")
        #expect(order.space == "default")
        // The id is not signed: under any other, or none, an old body is an old body.
        for delivery in ["d1", "d2", nil] {
            var again = message
            again.delivery = delivery
            let received = try await desk.service.receive("churn", again)
            #expect(received == answer)
        }
        #expect(desk.started == 1)
    }

    @Test func `what was answered is remembered over a restart`() async throws {
        let desk = try await Desk()
        let answer = try await desk.service.receive("churn", try desk.message())
        // Whoever asks for runs has forgotten what it was asked, as after a day.
        desk.orders.withLock { $0 = [:] }
        // Another service over the same folder: nothing is in memory.
        let received = try await desk.service.receive("churn", try desk.message())
        #expect(received == answer)
        #expect(desk.started == 0)
    }

    @Test func `two that come at once are one`() async throws {
        let desk = try await Desk()
        let message = try desk.message()
        let answers = try await withThrowingTaskGroup(of: HookAnswer.self) { group in
            for _ in 0..<8 { group.addTask { try await desk.service.receive("churn", message) } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(Set(answers).count == 1)
        #expect(desk.started == 1)
    }

    @Test func `an id that comes with another body is refused`() async throws {
        let desk = try await Desk()
        _ = try await desk.service.receive("churn", try desk.message())
        let other = try desk.message(["after": String(repeating: "3", count: 40)])
        await #expect { try await desk.service.receive("churn", other) } throws: { error in
            (error as? ControlError)?.code == .conflict && (error as? ControlError)?.field == "X-GitHub-Delivery"
        }
        #expect(desk.started == 1)
    }

    @Test func `nobody learns from a refusal whether a repository is there`() async throws {
        let desk = try await Desk()
        let good = try desk.message()
        var unsigned = good
        unsigned.signature = nil
        var changed = good
        changed.body[0] = UInt8(ascii: " ")
        var refusals: Set<ControlError> = []
        for (name, message) in [
            ("churn", unsigned), ("churn", changed), ("nothing", unsigned), ("nothing", good), ("other", good),
            ("../x", unsigned),
        ] {
            do {
                _ = try await desk.service.receive(name, message)
                Issue.record("\(name) was let in")
            } catch { refusals.insert(error) }
        }
        #expect(refusals.count == 1)
        #expect(refusals.first?.code == .unauthenticated)
        #expect(desk.started == 0)
    }

    @Test func `events that are no push are answered and begin nothing`() async throws {
        let desk = try await Desk()
        let pong = try await desk.service.receive("churn", try desk.message(event: "ping"))
        #expect(pong == HookAnswer(.pong, "pushes to main start runs of churn in space default"))
        let ignored = try await desk.service.receive("churn", try desk.message(event: "issues"))
        #expect(ignored == HookAnswer(.ignored, "ignored: the event is 'issues', not 'push'"))
        // Neither has used the body up.
        let received = try await desk.service.receive("churn", try desk.message())
        #expect(received.outcome == .started)
        var nameless = try desk.message(delivery: "d2")
        nameless.event = nil
        let other = nameless
        await #expect { try await desk.service.receive("churn", other) } throws: { error in
            (error as? ControlError)?.field == "X-GitHub-Event"
        }
    }

    @Test func `a push elsewhere is ignored, and stays so`() async throws {
        let desk = try await Desk()
        let message = try desk.message(["ref": "refs/heads/wip"])
        let answer = try await desk.service.receive("churn", message)
        #expect(answer.outcome == .ignored)
        #expect(answer.message.contains("the branch wip was pushed; runs are of the branch main"))
        let received = try await desk.service.receive("churn", message)
        #expect(received == answer)
        #expect(desk.started == 0)
    }

    @Test func `a message whose run could not be begun may come again`() async throws {
        let desk = try await Desk()
        let message = try desk.message()
        desk.refusal.withLock { $0 = ControlError(.refused, "paused") }
        await #expect(throws: ControlError.self) { try await desk.service.receive("churn", message) }
        desk.refusal.withLock { $0 = nil }
        let received = try await desk.service.receive("churn", message)
        #expect(received.run == 1)
    }

    @Test func `with another secret the old one is worth nothing`() async throws {
        let desk = try await Desk()
        let old = try desk.message()
        let secret = try await desk.service.rotateSecret("churn", space: "default", principal: .local)
        #expect(secret != desk.secrets.secret(ofRepository: "churn", salt: "salt"))
        await #expect(throws: ControlError.self) { try await desk.service.receive("churn", old) }
        var new = old
        new.signature = HookSignature.sign(old.body, key: Array(secret.utf8))
        let signed = new
        let received = try await desk.service.receive("churn", signed)
        #expect(received.outcome == .started)
        for (name, space) in [("churn", "elsewhere"), ("nothing", "default")] {
            await #expect(throws: ControlError.self) {
                try await desk.service.rotateSecret(name, space: space, principal: .local)
            }
        }
    }

    @Test func `no more than a bounded number of messages is remembered, of each repository its own`() async throws {
        let desk = try await Desk()
        let mutation = Mutation(principal: .local, space: "default", idempotency: nil)
        let kept = try await desk.store.gitHooks.commit(mutation) { transaction in
            for repository in ["churn", "other"] {
                for number in 1...5 {
                    try transaction.remember(
                        AnsweredMessage(
                            digest: "\(number)", delivery: "d\(number)", answer: HookAnswer(.ignored, "\(number)")),
                        repository: repository, atMost: repository == "churn" ? 3 : 5)
                }
            }
            let kept = try ["churn", "other"].map { repository in
                try (1...5).filter {
                    try transaction.answeredMessage(digest: "\($0)", delivery: nil, repository: repository) != nil
                }
            }
            return Change(kept, event: nil)
        }.answer
        #expect(kept == [[3, 4, 5], [1, 2, 3, 4, 5]])
    }
}
