import Foundation
import Journal
import Store
import Testing

@testable import Identity

@Suite struct KeyServiceTests {
    private func code(_ body: () async throws -> Void) async -> ControlError.Code? {
        do {
            try await body()
            return nil
        } catch {
            return ControlError.wrapping(error).code
        }
    }

    @Test func `a key opens what its owner may, from when it is acknowledged until it is revoked`() async throws {
        let workshop = try Workshop()
        let alice = try await workshop.person("alice", .developer)
        let issued = try await workshop.keys.create(KeyOrder(name: "laptop"), caller: alice)
        #expect(issued.key.principal == "alice")
        #expect(workshop.caller(issued.text)?.roles(in: "default") == .developer)
        _ = try await workshop.members.set("alice", of: "default", role: .viewer, by: .local)
        #expect(workshop.caller(issued.text)?.roles(in: "default") == .viewer)
        _ = try await workshop.members.remove("alice", of: "default", by: .local)
        #expect(workshop.caller(issued.text)?.roles(in: "default") == [])
        try await workshop.keys.revoke(issued.key.id, caller: alice)
        #expect(workshop.caller(issued.text) == nil)
    }

    @Test func `neither the secret nor anything of it is stored, in the audit or as a kept answer`() async throws {
        let workshop = try Workshop()
        let alice = try await workshop.person("alice")
        let issued = try await workshop.keys.create(KeyOrder(), caller: alice, idempotencyKey: "once")
        let rotated = try await workshop.keys.rotate(
            issued.key.id, overlap: 60, caller: alice, idempotencyKey: "again")
        let stored = try workshop.bytes()
        for text in [issued.text, rotated.text] {
            let secret = Data(text.utf8.suffix(KeyText.secretLength))
            #expect(stored.range(of: secret) == nil)
            #expect(stored.range(of: secret.prefix(16)) == nil)
        }
    }

    @Test func `a key of the server's own opens what it is limited to, and nobody can make one like it`() async throws {
        let workshop = try Workshop()
        let expiry = Timestamp(microseconds: SystemClock().now + 3_600_000_000)
        let scope = KeyScope(home: "default", spaces: ["default"], roles: [.developer])
        let issued = try await workshop.keys.issue(name: "run 1", scope: scope, expiresAt: expiry)
        let caller = try #require(workshop.caller(issued.text))
        #expect(caller.principal == .automation)
        #expect(!caller.isAdmin)
        #expect(caller.roles(in: "default") == .developer)
        #expect(caller.roles(in: "elsewhere") == [])
        // Not by asking for one, not by making the name a member, not by rotating it.
        #expect(
            await code {
                _ = try await workshop.keys.create(KeyOrder(principal: Principal.automation.id), caller: .local)
            } == .invalid)
        let rotated = try await workshop.keys.rotate(issued.key.id, overlap: 60, caller: .local)
        #expect(workshop.caller(rotated.text)?.roles(in: "default") == [])
        let own = try await workshop.keys.issue(name: "run 2", scope: scope, expiresAt: expiry)
        try await workshop.keys.revoke(issued: own.key.id)
        #expect(workshop.caller(own.text) == nil)
        let alice = try await workshop.person("alice")
        let hers = try await workshop.keys.create(KeyOrder(), caller: alice)
        try await workshop.keys.revoke(issued: hers.key.id)
        #expect(workshop.caller(hers.text) != nil)
    }

    @Test func `a retry makes no second key, and cannot show the first`() async throws {
        let workshop = try Workshop()
        let alice = try await workshop.person("alice")
        let first = try await workshop.keys.create(KeyOrder(name: "x"), caller: alice, idempotencyKey: "once")
        do throws(ControlError) {
            _ = try await workshop.keys.create(KeyOrder(name: "x"), caller: alice, idempotencyKey: "once")
            Issue.record("shown again")
        } catch {
            #expect(error.code == .conflict)
            #expect(error.message.contains(first.key.id))
        }
        #expect(try await workshop.keys.list(caller: alice).items.count == 2)
        #expect(workshop.caller(first.text) != nil)
    }

    @Test func `the old key goes on beside the new for as long as it was said, and no longer`() async throws {
        let workshop = try Workshop()
        let alice = try await workshop.person("alice", .viewer)
        let scope = KeyScope(spaces: ["default"], roles: [.viewer], endpoints: ["churn"])
        let limits = KeyLimits(requestsPerMonth: 10)
        let old = try await workshop.keys.create(KeyOrder(name: "app", scope: scope, limits: limits), caller: alice)
        _ = try workshop.caller(old.text)?.meter?.take(rows: 1, now: 0)
        let new = try await workshop.keys.rotate(old.key.id, overlap: 3600, caller: alice)
        #expect(new.key.scope == scope && new.key.limits == limits && new.key.name == "app")
        #expect(workshop.caller(old.text) != nil && workshop.caller(new.text) != nil)
        // What was used is used: a rotation is no new allowance.
        #expect(workshop.caller(new.text)?.meter?.usage.requests == 1)
        workshop.pass(seconds: 3600)
        #expect(workshop.caller(old.text) == nil)
        #expect(workshop.caller(new.text) != nil)
        #expect(await code { _ = try await workshop.keys.rotate(old.key.id, overlap: 0, caller: alice) } == .conflict)
        let last = try await workshop.keys.rotate(new.key.id, overlap: 0, caller: alice)
        #expect(workshop.caller(new.text) == nil)
        #expect(workshop.caller(last.text) != nil)
    }

    @Test func `an expiring key's life is not prolonged by itself`() async throws {
        let workshop = try Workshop()
        let alice = try await workshop.person("alice")
        let end = Timestamp(microseconds: workshop.now + 100_000_000)
        let short = try await workshop.keys.create(KeyOrder(expiresAt: end), caller: alice)
        let holder = try #require(workshop.caller(short.text))
        #expect(await code { _ = try await workshop.keys.create(KeyOrder(), caller: holder) } == .refused)
        let later = Timestamp(microseconds: end.microseconds + 1)
        #expect(
            await code { _ = try await workshop.keys.create(KeyOrder(expiresAt: later), caller: holder) } == .refused)
        _ = try await workshop.keys.create(KeyOrder(expiresAt: end), caller: holder)
        workshop.pass(seconds: 50)
        #expect(try await workshop.keys.rotate(short.key.id, overlap: 0, caller: holder).key.expiresAt == end)
        workshop.pass(seconds: 50)
        #expect(workshop.caller(short.text) == nil)
    }

    @Test func `a key whose requests are limited makes none that are not`() async throws {
        let workshop = try Workshop()
        let alice = try await workshop.person("alice")
        let limited = try await workshop.keys.create(
            KeyOrder(limits: KeyLimits(requestsPerSecond: 1)), caller: alice)
        let holder = try #require(workshop.caller(limited.text))
        #expect(await code { _ = try await workshop.keys.create(KeyOrder(), caller: holder) } == .refused)
    }

    @Test func `keys of others are not there`() async throws {
        let workshop = try Workshop()
        let alice = try await workshop.person("alice", .owner)
        let bob = try await workshop.person("bob")
        let key = try #require(bob.key)
        #expect(await code { try await workshop.keys.revoke(key.id, caller: alice) } == .notFound)
        #expect(await code { _ = try await workshop.keys.rotate(key.id, overlap: 0, caller: alice) } == .notFound)
        #expect(
            await code { _ = try await workshop.keys.create(KeyOrder(principal: "bob"), caller: alice) } == .refused)
        #expect(try await workshop.keys.list(of: "bob", caller: alice).items.isEmpty)
        #expect(try await workshop.keys.list(caller: alice).items.allSatisfy { $0.principal == "alice" })
        #expect(try await workshop.keys.list(caller: .local).items.count == 2)
    }

    @Test(arguments: [
        (KeyOrder(principal: "a b"), "principal"), (KeyOrder(principal: "group:x"), "principal"),
        (KeyOrder(principal: "local"), "principal"),
        (KeyOrder(scope: KeyScope(home: "../etc")), "home"), (KeyOrder(scope: KeyScope(spaces: [])), "spaces"),
        (KeyOrder(scope: KeyScope(spaces: ["nowhere"])), "space"), (KeyOrder(scope: KeyScope(roles: [])), "roles"),
        (KeyOrder(scope: KeyScope(endpoints: ["a/b"])), "endpoints"),
        (KeyOrder(scope: KeyScope(home: "other", spaces: ["default"])), "home"),
        (KeyOrder(limits: KeyLimits(requestsPerSecond: 0)), "limits.requestsPerSecond"),
        (KeyOrder(limits: KeyLimits(rowsPerMonth: -1)), "limits.rowsPerMonth"),
        (KeyOrder(expiresAt: Timestamp(microseconds: 1)), "expiresAt"),
        (KeyOrder(name: "a\u{1B}[2J"), "name"), (KeyOrder(name: String(repeating: "x", count: 129)), "name"),
    ])
    func `an order that makes no sense is refused at its field`(order: KeyOrder, field: String) async throws {
        let workshop = try Workshop()
        let alice = try await workshop.person("alice")
        _ = try await workshop.members.addAdmin("alice", by: .local)
        let issued = try await workshop.keys.create(KeyOrder(), caller: alice)
        // An owner of the server, so that nothing but the order itself stands against it; `nowhere` is for who sees less.
        let caller = field == "space" ? alice : try #require(workshop.caller(issued.text))
        do throws(ControlError) {
            _ = try await workshop.keys.create(order, caller: caller)
            Issue.record("not refused")
        } catch {
            #expect(error.field == field)
        }
    }

    @Test func `a server is handed over once, and again when that is asked for`() async throws {
        let workshop = try Workshop()
        #expect(try await !workshop.keys.hasOwner())
        let first = try #require(try await workshop.keys.handOver(anew: false))
        #expect(workshop.caller(first.text)?.isAdmin == true)
        #expect(try await workshop.keys.hasOwner())
        #expect(try await workshop.keys.handOver(anew: false) == nil)
        let second = try #require(try await workshop.keys.handOver(anew: true))
        #expect(workshop.caller(second.text)?.isAdmin == true)
        #expect(workshop.caller(first.text) != nil)
    }

    @Test func `the last owner of the server stays`() async throws {
        let workshop = try Workshop()
        _ = try await workshop.members.addAdmin("root", by: .local)
        #expect(await code { _ = try await workshop.members.removeAdmin("root", by: .local) } == .conflict)
        #expect(await code { _ = try await workshop.members.removeAdmin("alice", by: .local) } == .notFound)
        _ = try await workshop.members.addAdmin("alice", by: .local)
        _ = try await workshop.members.removeAdmin("root", by: .local)
        #expect(try await workshop.members.admins().map(\.principal) == ["alice"])
    }

    @Test func `members are listed, changed and removed, each in the audit`() async throws {
        let workshop = try Workshop()
        for (name, role) in [
            ("vera", Role.validator), ("alice", .viewer), ("alice", .developer), ("alice", .developer),
        ] {
            _ = try await workshop.members.set(name, of: "default", role: role, by: .local)
        }
        #expect(try await workshop.members.list(of: "default").items.map(\.principal) == ["alice", "vera"])
        #expect(try await workshop.members.list(of: "default", limit: 1).next == "alice")
        #expect(try await workshop.members.members(of: "default", having: [.validator, .owner]) == ["vera"])
        try await workshop.members.remove("vera", of: "default", by: .local)
        #expect(await code { try await workshop.members.remove("vera", of: "default", by: .local) } == .notFound)
        #expect(
            await code { _ = try await workshop.members.set("x", of: "nowhere", role: .viewer, by: .local) }
                == .notFound)
        #expect(
            await code { _ = try await workshop.members.set("x", of: "default", role: .reporter, by: .local) }
                == .invalid)
        // add, add, change, remove; the same again changes nothing.
        #expect(try await workshop.store.verify().auditEvents == 4)
        #expect(try await workshop.store.verify().isIntact)
    }

    @Test func `what a month has used survives the store`() async throws {
        let folder = NSTemporaryDirectory() + "slipway-usage-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let month = CalendarMonth(of: Timestamp(microseconds: SystemClock().now))
        do {
            let store = try Store.open(folder: folder)
            let cell = try #require(store.ledger.cell(of: "abcdefghjkmn"))
            cell.write(UsageCount(month: month, requests: 7, rows: 70))
            try #require(store.ledger.cell(of: "other")).write(UsageCount(month: CalendarMonth(index: 5), requests: 1))
            // No close: as after kill -9, but for the lock, which goes with the store.
        }
        let store = try Store.open(folder: folder)
        #expect(store.ledger.cell(of: "abcdefghjkmn")?.read() == UsageCount(month: month, requests: 7, rows: 70))
        // Of earlier months nothing is kept.
        #expect(store.ledger.cell(of: "other")?.read().requests == 0)
        #expect(store.ledger.cell(of: "") == nil)
        #expect(store.ledger.cell(of: String(repeating: "x", count: 33)) == nil)
    }
}
