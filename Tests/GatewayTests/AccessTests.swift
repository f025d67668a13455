import Foundation
import Identity
import Journal
import NIOCore
import Synchronization
import Testing

@testable import Gateway

/// Keys on open connections, wrong keys, limits of keys.
@Suite struct AccessTests {
    private static let ready = "/v2/models/fast/ready"

    @Test func `the next request on an open connection is refused once its key is revoked`() async throws {
        var people = People()
        let workshop = try await Workshop(authority: people.authority)
        let (plane, fields) = (people.plane, people.fields(.viewer))
        people.changeKey(.viewer) { $0.revokedAt = Timestamp(microseconds: 1) }
        let revoked = people.snapshot
        var before = revoked
        for index in before.keys.indices where before.keys[index].key.principal == "viewer" {
            before.keys[index].key.revokedAt = nil
        }
        before.generation += 1
        plane.install(before)
        let after = AccessSnapshot(
            generation: before.generation + 1, spaces: revoked.spaces, members: revoked.members, keys: revoked.keys)
        try await workshop.serving { address in
            try await Wire.connect(address) { session in
                #expect(try await session.ask("GET", Self.ready, fields: fields).status == 200)
                #expect(try await session.ask("GET", Self.ready, fields: fields).status == 200)
                plane.install(after)
                let answer = try await session.ask("GET", Self.ready, fields: fields)
                #expect(answer.status == 401)
                #expect(answer.text.contains("revoked"))
            }
        }
    }

    @Test func `the next request on an open connection has the role of now`() async throws {
        let people = People()
        let workshop = try await Workshop(authority: people.authority)
        try await workshop.serving { address in
            var people = people
            try await Wire.connect(address) { session in
                let fields = people.fields(.operator)
                let unload = "/v2/repository/models/nothing/unload"
                #expect(try await session.ask("POST", unload, "{}", fields: fields).status == 404)
                people.change { $0.members.removeAll { $0.principal == "operator" } }
                let gone = try await session.ask("POST", unload, "{}", fields: fields)
                #expect(gone.status == 404 && gone.text.contains("there is no space 'default'"))
                people.change { $0.members.append(Membership(space: "default", principal: "operator", role: .viewer)) }
                #expect(try await session.ask("POST", unload, "{}", fields: fields).status == 403)
            }
        }
    }

    @Test func `a key expires on an open connection`() async throws {
        let clock = TestClock()
        let text = KeyText.make(SystemRandomNumberGenerator())
        let key = APIKey(
            id: text.id, lineage: text.id, name: "", principal: "root", scope: KeyScope(), limits: KeyLimits(),
            createdAt: Timestamp(microseconds: 0), createdBy: "root", expiresAt: Timestamp(microseconds: 10))
        let plane = AccessPlane(
            AccessSnapshot(
                generation: 1, spaces: [SpaceAccess(name: "default")], admins: ["root"],
                keys: [HashedKey(key: key, secretHash: text.secretHash)]), clock: clock)
        let workshop = try await Workshop(authority: CallerAuthority(plane, isOpen: false))
        try await workshop.serving { address in
            try await Wire.connect(address) { session in
                let fields = ["Authorization: bearer  \(text.text)"]
                let before = try await session.ask("GET", Self.ready, fields: fields)
                #expect(before.status == 200)
                clock.set(10)
                let after = try await session.ask("GET", Self.ready, fields: fields)
                #expect(after.status == 401)
            }
        }
    }

    @Test func `two callers on one connection are two callers`() async throws {
        let people = People()
        let workshop = try await Workshop(authority: people.authority)
        try await workshop.serving { address in
            try await Wire.connect(address) { session in
                for _ in 0..<3 {
                    var statuses: [Int] = []
                    for kind in [People.Kind.viewer, .stranger, .anonymous] {
                        statuses.append(
                            try await session.ask("GET", Self.ready, fields: people.fields(kind)).status)
                    }
                    #expect(statuses == [200, 404, 401])
                }
            }
        }
    }

    @Test func `nothing of a body is read for who may not ask`() async throws {
        let people = People()
        let workshop = try await Workshop(authority: people.authority)
        try await workshop.serving { address in
            try await Wire.connect(address) { session in
                // The body never comes, and the answer does.
                try await session.send(Request.text("POST", "/v2/models/fast/infer", length: 100_000))
                #expect(try await session.answer()?.status == 401)
            }
        }
    }

    @Test func `two credentials are none`() async throws {
        let people = People()
        let workshop = try await Workshop(authority: people.authority)
        try await workshop.serving { address in
            try await Wire.connect(address) { session in
                let fields = people.fields(.viewer) + people.fields(.owner)
                let answer = try await session.ask("GET", Self.ready, fields: fields)
                #expect(answer.status == 400)
            }
        }
    }

    @Test func `a home is the space that is meant where a path names none`() async throws {
        var people = People()
        people.change { $0.members.append(Membership(space: "prod", principal: "viewer", role: .viewer)) }
        people.changeKey(.viewer) { $0.scope.home = "prod" }
        let workshop = try await Workshop(authority: people.authority)
        let fields = people.fields(.viewer)
        try await workshop.serving { address in
            try await Wire.connect(address) { session in
                let home = try await session.ask("GET", "/v2/models/fast", fields: fields)
                #expect(try home.object()["versions"] as? [String] == ["7"])
                let named = try await session.ask("GET", "/spaces/default/v2/models/fast", fields: fields)
                #expect(try named.object()["versions"] as? [String] == ["3"])
                let prediction = try await session.ask(
                    "POST", "/v2/models/fast/infer", Request.body, fields: fields)
                #expect(prediction.status == 200)
                #expect(try prediction.object()["model_version"] as? String == "7")
                // The same path on the same connection, for somebody whose home is elsewhere.
                let other = try await session.ask(
                    "POST", "/v2/models/fast/infer", Request.body, fields: people.fields(.developer))
                #expect(try other.object()["model_version"] as? String == "3")
                let again = try await session.ask("POST", "/v2/models/fast/infer", Request.body, fields: fields)
                #expect(try again.object()["model_version"] as? String == "7")
            }
        }
    }

    @Test func `a key for some endpoints reaches no others, nor lists of them`() async throws {
        var people = People()
        people.changeKey(.viewer) { $0.scope.endpoints = ["fast"] }
        let workshop = try await Workshop(authority: people.authority)
        let fields = people.fields(.viewer)
        try await workshop.serving { address in
            try await Wire.connect(address) { session in
                let ready = try await session.ask("GET", Self.ready, fields: fields)
                #expect(ready.status == 200)
                #expect(
                    try await session.ask("POST", "/v2/models/fast/infer", Request.body, fields: fields).status == 200)
                #expect(
                    try await session.ask("POST", "/v2/models/small/infer", Request.body, fields: fields).status == 404)
                for path in ["/v2/models/slow", "/v2/models/slow/stats", "/v1/models/slow"] {
                    #expect(try await session.ask("GET", path, fields: fields).status == 404)
                }
                #expect(try await session.ask("GET", "/v2/models", fields: fields).status == 403)
                #expect(try await session.ask("GET", "/v2/models/stats", fields: fields).status == 403)
                let metrics = try await session.ask("GET", "/metrics", fields: fields).text
                #expect(metrics.contains("model=\"fast\"") && !metrics.contains("model=\"slow\""))
            }
        }
    }

    @Test func `metrics, spaces and status show what the caller sees`() async throws {
        let people = People()
        let workshop = try await Workshop(authority: people.authority)
        try await workshop.serving { address in
            try await Wire.connect(address) { session in
                let viewer = try await session.ask("GET", "/metrics", fields: people.fields(.viewer)).text
                #expect(viewer.contains("space=\"default\"") && !viewer.contains("space=\"prod\""))
                let stranger = try await session.ask("GET", "/metrics", fields: people.fields(.stranger)).text
                #expect(!stranger.contains("space=\""))
                let admin = try await session.ask("GET", "/metrics", fields: people.fields(.admin)).text
                #expect(admin.contains("space=\"prod\""))
                for path in ["/api/v1/spaces", "/api/v1/status", "/api/v1/me"] {
                    let own = try await session.ask("GET", path, fields: people.fields(.viewer))
                    #expect(own.status == 200 && own.text.contains("\"default\""))
                    let none = try await session.ask("GET", path, fields: people.fields(.stranger))
                    #expect(none.status == 200)
                    #expect(path == "/api/v1/me" || !none.text.contains("\"name\":\"default\""))
                }
            }
        }
    }

    // MARK: guessing

    @Test func `who guesses is not listened to for a while, and nobody else notices`() async throws {
        let clock = Mutex<UInt64>(1_000_000_000)
        let limiter = FailureLimiter(perMinute: 60, now: { clock.withLock { $0 } })
        let one = try SocketAddress(ipAddress: "192.0.2.1", port: 1)
        let two = try SocketAddress(ipAddress: "192.0.2.2", port: 1)
        for _ in 0..<20 {
            #expect(limiter.wait(for: one) == nil)
            limiter.record(one)
        }
        #expect(limiter.wait(for: one) == 1)
        #expect(limiter.wait(for: two) == nil)
        clock.withLock { $0 += 1_000_000_000 }
        #expect(limiter.wait(for: one) == nil)
        // A network of IPv6 is one guesser, an address of IPv4 in IPv6's coat is that address.
        for last in 0..<20 { limiter.record(try SocketAddress(ipAddress: "2001:db8::\(last)", port: 1)) }
        #expect(limiter.wait(for: try SocketAddress(ipAddress: "2001:db8::ffff", port: 1)) != nil)
        #expect(limiter.wait(for: try SocketAddress(ipAddress: "2001:db8:0:1::1", port: 1)) == nil)
        limiter.record(one)
        #expect(limiter.wait(for: try SocketAddress(ipAddress: "::ffff:192.0.2.1", port: 1)) != nil)
    }

    @Test func `very many addresses take no more memory, and those who guess most are remembered`() throws {
        let limiter = FailureLimiter(perMinute: 1, now: { 1_000_000_000 })
        let worst = try SocketAddress(ipAddress: "192.0.2.1", port: 1)
        for _ in 0..<20 { limiter.record(worst) }
        for number in 0..<40_000 {
            limiter.record(
                try SocketAddress(ipAddress: "10.\(number >> 16).\(number >> 8 & 255).\(number & 255)", port: 1))
        }
        #expect(limiter.wait(for: worst) != nil)
    }

    @Test func `wrong keys are answered with 429 in the end, open connections go on, old keys lock nobody out`()
        async throws
    {
        let people = People(failures: FailureLimiter(perMinute: 1, now: { 1 }))
        let workshop = try await Workshop(authority: people.authority)
        try await workshop.serving { address in
            try await Wire.connect(address) { good in
                let first = try await good.ask("GET", Self.ready, fields: people.fields(.viewer))
                #expect(first.status == 200)
                try await Wire.connect(address) { session in
                    let own = try await session.ask("GET", Self.ready, fields: people.fields(.viewer))
                    #expect(own.status == 200)
                    for _ in 0..<40 {
                        #expect(try await session.ask("GET", Self.ready, fields: people.fields(.revoked)).status == 401)
                    }
                    for _ in 0..<20 {
                        #expect(
                            try await session.ask("GET", Self.ready, fields: people.fields(.wrongKey)).status == 401)
                    }
                    let late = try await session.ask("GET", Self.ready, fields: people.fields(.wrongKey))
                    #expect(late.status == 429)
                    #expect(late["retry-after"] == "60")
                    // Health asks nobody, so it goes on; a new caller from there waits too.
                    #expect(try await session.ask("GET", "/v2/health/live").status == 200)
                    #expect(try await session.ask("GET", Self.ready, fields: people.fields(.owner)).status == 429)
                }
                #expect(try await good.ask("GET", Self.ready, fields: people.fields(.viewer)).status == 200)
            }
        }
    }

    // MARK: limits

    @Test func `a key's limits are in its answers, and beyond them is 429`() async throws {
        var people = People()
        people.changeKey(.viewer) { $0.limits = Identity.KeyLimits(requestsPerSecond: 3, rowsPerSecond: 1_000_000) }
        let workshop = try await Workshop(authority: people.authority)
        let fields = people.fields(.viewer)
        let owner = people.fields(.owner)
        try await workshop.serving { address in
            try await Wire.connect(address) { session in
                var answers: [WireAnswer] = []
                // A busy machine may need a while to ask four times within a second.
                repeat {
                    answers.append(
                        try await session.ask("POST", "/v2/models/fast/infer", Request.body, fields: fields))
                } while answers.last?.status == 200 && answers.count < 2000
                #expect(answers[0].status == 200)
                #expect(answers[0]["ratelimit-limit"] == "3")
                #expect(answers[0]["ratelimit-remaining"] == "2")
                #expect(answers[0]["ratelimit-reset"] == "1")
                #expect(answers[0]["ratelimit-policy"] == nil)
                let late = try #require(answers.first { $0.status == 429 })
                #expect(late["retry-after"] == "1")
                #expect(late["ratelimit-remaining"] == "0")
                #expect(late["ratelimit-policy"] == "\"requests-per-second\";q=3;w=1")
                #expect(late["ratelimit"] == "\"requests-per-second\";r=0;t=1")
                #expect(try late.object()["error"] as? String == "this key may ask for 3 requests a second")
                // What is no prediction is not counted, and other keys are not touched.
                #expect(try await session.ask("GET", Self.ready, fields: fields).status == 200)
                let other = try await session.ask("POST", "/v2/models/fast/infer", Request.body, fields: owner)
                #expect(other.status == 200)
                #expect(other["ratelimit-limit"] == nil)
            }
        }
    }

    @Test func `rows are counted too`() async throws {
        var people = People(meters: KeyMeters(ledger: TestLedger()))
        people.changeKey(.viewer) { $0.limits = Identity.KeyLimits(requestsPerMonth: 100, rowsPerMonth: 5) }
        let workshop = try await Workshop(authority: people.authority)
        let fields = people.fields(.viewer)
        try await workshop.serving { address in
            try await Wire.connect(address) { session in
                func ask(_ rows: Int) async throws -> WireAnswer {
                    let data = Array(repeating: "1", count: rows * 2).joined(separator: ",")
                    return try await session.ask(
                        "POST", "/v2/models/fast/infer",
                        #"{"inputs":[{"name":"x","datatype":"FP32","shape":[\#(rows),2],"data":[\#(data)]}]}"#,
                        fields: fields)
                }
                #expect(try await ask(4).status == 200)
                let much = try await ask(2)
                #expect(much.status == 429)
                #expect(much["ratelimit-policy"] == "\"rows-per-month\";q=5")
                #expect(much["ratelimit-remaining"] == "1")
                #expect(try await ask(1).status == 200)
                #expect(try await ask(1).status == 429)
            }
        }
    }

    // MARK: bodies

    @Test(arguments: [
        ("POST", "/api/v1/keys", #"{"name":"x","isAdmin":true}"#), ("POST", "/api/v1/keys", #"{"secret":"0"}"#),
        ("POST", "/api/v1/keys", #"{"limits":{"requestsPerHour":1}}"#),
        ("POST", "/api/v1/keys", #"{"roles":["admin"]}"#),
        ("PUT", "/api/v1/spaces/default/members/bob", #"{"role":"viewer","space":"prod"}"#),
        ("PUT", "/api/v1/spaces/default/members/bob", #"{"role":"reporter"}"#),
        ("PUT", "/api/v1/spaces/default/members/bob", #"{"role":"admin"}"#),
        ("PUT", "/api/v1/spaces/default/members/bob", #"{"role":"viewer","isAdmin":true}"#),
    ])
    func `a body that says more than is asked is refused`(method: String, path: String, body: String) async throws {
        let people = People()
        let workshop = try await Workshop(authority: people.authority)
        try await workshop.serving { address in
            try await Wire.connect(address) { session in
                let answer = try await session.ask(method, path, body, fields: people.fields(.admin))
                #expect(answer.status == 400, "\(answer.text)")
            }
        }
    }

    @Test func `a refused request that asks nobody who they are is charged to nobody`() async throws {
        var people = People()
        people.changeKey(.viewer) { $0.limits = Identity.KeyLimits(requestsPerSecond: 100, rowsPerSecond: 1_000_000) }
        let workshop = try await Workshop(authority: people.authority)
        let fields = people.fields(.viewer)
        try await workshop.serving { address in
            try await Wire.connect(address) { session in
                let answer = try await session.ask("POST", "/v2/models/fast/infer", Request.body, fields: fields)
                #expect(answer["ratelimit-limit"] == "100")
                // Somebody else's, over the same connection of a proxy.
                let refused = try await session.ask("GET", "/v2/health/live", fields: ["Content-Encoding: gzip"])
                #expect((refused.status, refused["ratelimit-limit"]) == (415, nil))
            }
        }
    }
}

final class TestClock: WallClock, Sendable {
    private let value = Atomic<Int>(1)
    var now: Int { value.load(ordering: .relaxed) }
    func set(_ now: Int) { value.store(now, ordering: .relaxed) }
}

/// Remembers for as long as the test lasts.
final class TestLedger: UsageLedger, Sendable {
    func cell(of lineage: String) -> (any UsageCell)? { Cell() }

    final class Cell: UsageCell, Sendable {
        private let count = Mutex(UsageCount(month: CalendarMonth(index: 0)))
        func read() -> UsageCount { count.withLock { $0 } }
        func write(_ new: UsageCount) { count.withLock { $0 = new } }
    }
}
