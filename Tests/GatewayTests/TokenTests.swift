import Crypto
import Foundation
import Identity
import Journal
import Logging
import NIOCore
import Synchronization
import Testing

@testable import Gateway

/// Tokens of an OpenID provider: which are taken, and why each other is not.
@Suite struct TokenTests {
    private static let now = 1_790_000_000

    private struct Clock: WallClock {
        let seconds: Int
        var now: Int { seconds * 1_000_000 }
    }

    /// The verifier of a server that trusts the mint.
    private final class Bench: Sendable {
        let mint: TokenMint
        let verifier: OpenIDVerifier
        let time: Holder
        let count: Holder

        init(_ groups: [String: OpenIDSettings.GroupGrant] = [:], seconds: Int = TokenTests.now) throws {
            let mint = try TokenMint()
            self.mint = mint
            var logger = Logger(label: "test")
            logger.logLevel = .critical
            let (steady, rotations) = (Holder(1_000_000_000_000), Holder(0))
            self.time = steady
            self.count = rotations
            verifier = OpenIDVerifier(
                OpenIDSettings(issuer: TokenMint.issuer, audience: "slipway", groups: groups), documents: mint,
                clock: Clock(seconds: seconds), now: { steady.value }, logger: logger, rotated: { rotations.add(1) })
        }

        func pass(seconds: UInt64) { time.add(seconds * 1_000_000_000) }

        func refusal(_ token: String) async -> TokenRefusal? {
            switch await verifier.verify(token) {
            case .success: nil
            case .failure(let refusal): refusal
            }
        }

        func identity(_ token: String) async -> TokenIdentity? { try? await verifier.verify(token).get() }

        func known(_ token: String) -> TokenIdentity? { Array(token.utf8).withUnsafeBytes { verifier.known($0) } }

        var fetches: Int { mint.state.withLock { $0.fetches.count } }
    }

    final class Holder: Sendable {
        private let state: Mutex<UInt64>
        init(_ value: UInt64) { state = Mutex(value) }
        var value: UInt64 { state.withLock { $0 } }
        func add(_ more: UInt64) { state.withLock { $0 += more } }
    }

    private static func claims(_ changes: [String: Any?] = [:]) -> [String: Any] { TokenMint.claims(now, changes) }

    // MARK: good ones

    @Test func `tokens of each algorithm are taken`() async throws {
        let bench = try Bench()
        for token in [
            try bench.mint.es256(Self.claims()), try bench.mint.rs256(Self.claims()),
            try bench.mint.edDSA(Self.claims()),
        ] {
            let identity = try #require(await bench.identity(token))
            #expect(identity.principal == "oidc:17")
            #expect(identity.groups == ["ml-ops", "staff"])
            #expect(identity.expiresAt == (Self.now + 630) * 1_000_000)
        }
        #expect(bench.fetches == 2)
    }

    @Test func `groups have the roles that the configuration gives them`() async throws {
        let bench = try Bench([
            "ml-ops": .init(spaces: ["prod": .operator], everywhere: .viewer),
            "staff": .init(spaces: ["prod": .validator]),
            "platform": .init(isAdmin: true),
        ])
        let identity = try #require(await bench.identity(try bench.mint.es256(Self.claims())))
        #expect(identity.grants == ["prod": [.operator, .validator]])
        #expect(identity.everywhere == .viewer)
        #expect(!identity.isAdmin)
        let admin = try bench.mint.es256(Self.claims(["groups": "platform"]))
        #expect(try #require(await bench.identity(admin)).isAdmin)
        let none = try bench.mint.es256(Self.claims(["groups": ["a": 1]]))
        #expect(try #require(await bench.identity(none)).groups.isEmpty)
    }

    @Test func `an audience may be one of several, and clocks may differ a little`() async throws {
        let bench = try Bench()
        for changes: [String: Any?] in [
            ["aud": ["other", "slipway"]], ["exp": Self.now - 29], ["nbf": Self.now + 29], ["nbf": nil],
            ["exp": Double(Self.now) + 0.5], ["exp": 1e300],
        ] {
            #expect(await bench.identity(try bench.mint.es256(Self.claims(changes))) != nil, "\(changes)")
        }
    }

    // MARK: bad claims

    @Test(arguments: [
        "expired", "just expired", "no expiry", "expiry in words", "not yet", "nbf in words", "wrong audience",
        "audience that only begins so", "no audience", "wrong issuer", "issuer with a slash", "no issuer", "no subject",
        "empty subject", "subject with a line end", "subject that is a number",
    ])
    func `a token is refused for what it claims`(what: String) async throws {
        let changes: [String: Any?] =
            switch what {
            case "expired": ["exp": Self.now - 3600]
            case "just expired": ["exp": Self.now - 30]
            case "no expiry": ["exp": nil]
            case "expiry in words": ["exp": "\(Self.now + 600)"]
            case "not yet": ["nbf": Self.now + 3600]
            case "nbf in words": ["nbf": "yesterday"]
            case "wrong audience": ["aud": "another"]
            case "audience that only begins so": ["aud": ["slipway-dev"]]
            case "no audience": ["aud": nil]
            case "wrong issuer": ["iss": "https://id.example.org/realm"]
            case "issuer with a slash": ["iss": TokenMint.issuer + "/"]
            case "no issuer": ["iss": nil]
            case "no subject": ["sub": nil]
            case "empty subject": ["sub": ""]
            case "subject with a line end": ["sub": "a\nb"]
            default: ["sub": 17]
            }
        var claims = Self.claims()
        for (name, value) in changes { if let value { claims[name] = value } else { claims.removeValue(forKey: name) } }
        let bench = try Bench()
        for token in [try bench.mint.es256(claims), try bench.mint.rs256(claims)] {
            let refusal = try #require(await bench.refusal(token), "\(what)")
            // Its signature is right: nobody has made it up.
            #expect(!refusal.isGuess)
            #expect(bench.known(token) == nil)
        }
    }

    // MARK: bad signatures

    @Test func `alg none is no algorithm, in no spelling`() async throws {
        let bench = try Bench()
        for algorithm in ["none", "None", "NONE", "nOnE", ""] {
            for kid in [nil, "ec-1"] as [String?] {
                var header: [String: Any] = ["alg": algorithm]
                if let kid { header["kid"] = kid }
                let message = TokenMint.part(header) + "." + TokenMint.part(Self.claims())
                let good = try bench.mint.es256(Self.claims())
                for token in [message + ".", message, message + "." + good.split(separator: ".")[2]] {
                    #expect(await bench.refusal(token)?.isGuess == true)
                }
            }
        }
    }

    @Test func `a public key is no secret of HMAC`() async throws {
        let bench = try Bench()
        for secret in [bench.mint.publicPEM, bench.mint.publicModulus, Array(bench.mint.publicPEM.dropLast()), []] {
            #expect(await bench.refusal(bench.mint.hs256(Self.claims(), secret: secret))?.isGuess == true)
            #expect(await bench.refusal(bench.mint.hs256(Self.claims(), secret: secret, kid: "ec-1"))?.isGuess == true)
        }
    }

    @Test func `a key serves its own algorithm and no other`() async throws {
        let bench = try Bench()
        for (algorithm, kid) in [
            ("RS256", "ec-1"), ("ES256", "rsa-1"), ("RS384", "rsa-1"), ("PS256", "rsa-1"), ("RS512", "rsa-1"),
            ("ES384", "ec-1"), ("EdDSA", "ec-1"), ("HS512", "ec-1"),
        ] {
            let header: [String: Any] = ["alg": algorithm, "kid": kid]
            #expect(await bench.refusal(try bench.mint.rs256(Self.claims(), header: header)) != nil)
            #expect(await bench.refusal(try bench.mint.es256(Self.claims(), header: header)) != nil)
        }
    }

    @Test(arguments: [
        "../../../../dev/null", "/etc/passwd", "file:///dev/null", "ec-1/../ec-1", "ec-1\u{0}", "", "EC-1",
        "' OR 1=1 --", "https://evil.example.com/keys", "only", String(repeating: "x", count: 5000),
    ])
    func `a key's name is a name and leads nowhere`(kid: String) async throws {
        let bench = try Bench()
        let token = try bench.mint.es256(Self.claims(), header: ["alg": "ES256", "kid": kid])
        #expect(await bench.refusal(token)?.isGuess == true)
        #expect(bench.mint.state.withLock { $0.fetches.allSatisfy { $0.hasPrefix(TokenMint.issuer) } })
    }

    @Test func `keys that a token brings along are not looked at`() async throws {
        let bench = try Bench()
        let stranger = P256.Signing.PrivateKey()
        let key = TokenMint.ecKey("ec-1", stranger)
        for header: [String: Any] in [
            ["alg": "ES256", "jwk": key], ["alg": "ES256", "kid": "ec-1", "jwk": key],
            ["alg": "ES256", "kid": "mine", "jku": "https://evil.example.com/keys"],
            ["alg": "ES256", "kid": "ec-1", "x5u": "https://evil.example.com/cert"],
            ["alg": "ES256", "kid": "ec-1", "crit": ["b64"], "b64": false],
        ] {
            let message = TokenMint.part(header) + "." + TokenMint.part(Self.claims())
            let token =
                message + "." + TokenMint.text(try stranger.signature(for: Data(message.utf8)).rawRepresentation)
            #expect(await bench.refusal(token)?.isGuess == true)
        }
    }

    @Test func `one changed byte is found`() async throws {
        let bench = try Bench()
        let good = Array(try bench.mint.es256(Self.claims()).utf8)
        for index in stride(from: 0, to: good.count - 1, by: 7) where good[index] != UInt8(ascii: ".") {
            var bad = good
            bad[index] = bad[index] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
            #expect(await bench.refusal(String(decoding: bad, as: UTF8.self)) != nil, "at \(index)")
        }
    }

    @Test(arguments: ["", ".", "..", "...", "a.b.c", "a.b", "a.b.c.d", "....", "\u{FFFD}.x.y", "e30.e30.e30"])
    func `what is no token is refused`(token: String) async throws {
        #expect(try await Bench().refusal(token)?.isGuess == true)
    }

    @Test func `a weak key of the provider's is no key`() async throws {
        let bench = try Bench()
        bench.mint.state.withLock { state in
            state.keys = [
                ["kty": "RSA", "kid": "weak", "n": String(repeating: "x", count: 170), "e": "AQAB"],
                ["kty": "oct", "kid": "shared", "k": "c2VjcmV0"],
                ["kty": "EC", "crv": "P-256", "kid": "enc", "use": "enc", "x": "eA", "y": "eQ"],
            ]
        }
        #expect(await bench.refusal(try bench.mint.es256(Self.claims()))?.isUnavailable == true)
    }

    // MARK: keys that come and go

    @Test func `a key that the provider adds is found, and not looked for again and again`() async throws {
        let bench = try Bench()
        #expect(await bench.identity(try bench.mint.es256(Self.claims())) != nil)
        #expect(bench.fetches == 2)
        bench.mint.state.withLock { $0.keys.append(TokenMint.ecKey("ec-2", bench.mint.ec)) }
        bench.pass(seconds: 11)
        let token = try bench.mint.es256(Self.claims(), header: ["alg": "ES256", "kid": "ec-2"])
        #expect(await bench.identity(token) != nil)
        #expect(bench.fetches == 4)
        for number in 0..<50 {
            let header = ["alg": "ES256", "kid": "made-up-\(number)"]
            #expect(await bench.refusal(try bench.mint.es256(Self.claims(), header: header)) != nil)
        }
        #expect(bench.fetches == 4)
        #expect(bench.count.value == 0)
    }

    @Test func `a key that the provider takes back is trusted no longer, nor what was said by it`() async throws {
        let bench = try Bench()
        let token = try bench.mint.es256(Self.claims())
        #expect(await bench.identity(token) != nil)
        #expect(bench.known(token) != nil)
        bench.mint.state.withLock { $0.keys.removeAll { $0["kid"] == "ec-1" } }
        bench.pass(seconds: 301)
        await bench.verifier.refresh()
        #expect(bench.count.value == 1)
        #expect(bench.known(token) == nil)
        #expect(await bench.refusal(token) != nil)
    }

    @Test func `another key under the same name is another key`() async throws {
        let bench = try Bench()
        let token = try bench.mint.es256(Self.claims())
        #expect(await bench.identity(token) != nil)
        bench.mint.state.withLock { $0.keys = [TokenMint.ecKey("ec-1", P256.Signing.PrivateKey())] }
        bench.pass(seconds: 301)
        #expect(await bench.refusal(token) != nil)
        #expect(bench.known(token) == nil)
        #expect(bench.count.value == 1)
    }

    @Test func `a provider that is down is no reason to call a token wrong, nor to forget its keys`() async throws {
        let bench = try Bench()
        bench.mint.state.withLock { $0.isDown = true }
        let token = try bench.mint.es256(Self.claims())
        let refusal = try #require(await bench.refusal(token))
        #expect(refusal.isUnavailable && !refusal.isGuess)
        bench.mint.state.withLock { $0.isDown = false }
        bench.pass(seconds: 11)
        #expect(await bench.identity(token) != nil)
        bench.mint.state.withLock { $0.isDown = true }
        bench.pass(seconds: 3600)
        #expect(await bench.identity(try bench.mint.rs256(Self.claims())) != nil)
    }

    @Test(arguments: ["another issuer", "no issuer", "keys over plain HTTP", "no keys"])
    func `a discovery document that cannot be trusted is not`(what: String) async throws {
        let bench = try Bench()
        bench.mint.state.withLock { state in
            switch what {
            case "another issuer": state.discovery["issuer"] = "https://id.example.org"
            case "no issuer": state.discovery["issuer"] = nil
            case "keys over plain HTTP": state.discovery["jwks_uri"] = "http://id.example.com/realm/keys"
            default: state.discovery["jwks_uri"] = nil
            }
        }
        #expect(await bench.refusal(try bench.mint.es256(Self.claims()))?.isUnavailable == true)
    }

    // MARK: at the door

    @Test func `a token opens what its groups may, and a connection checks it once`() async throws {
        let now = SystemClock().now / 1_000_000
        let bench = try Bench(seconds: now)
        let snapshot = AccessSnapshot(
            generation: 1, spaces: ["default", "prod"].map { SpaceAccess(name: $0) },
            members: [Membership(space: "default", principal: "group:ml-ops", role: .viewer)])
        let plane = AccessPlane(snapshot)
        let workshop = try await Workshop(
            authority: CallerAuthority(
                plane, isOpen: false, tokens: bench.verifier, failures: FailureLimiter(perMinute: 1, now: { 1 })))
        let good = ["Authorization: Bearer \(try bench.mint.es256(TokenMint.claims(now)))"]
        let late = ["Authorization: Bearer \(try bench.mint.es256(TokenMint.claims(now, ["exp": now - 100])))"]
        let forged = ["Authorization: Bearer \(try bench.mint.es256(TokenMint.claims(now)))AAAA"]
        try await workshop.serving { address in
            try await Wire.connect(address) { session in
                // Pipelined behind one that has to be checked first: they are answered in order.
                try await session.send(
                    Request.predict("fast", fields: good) + Request.text("GET", "/v2/models/fast/ready", fields: good)
                        + Request.predict("fast", fields: good))
                for _ in 0..<3 { #expect(try await session.answer()?.status == 200) }
                let deploy = try await session.ask(
                    "POST", "/v2/repository/models/fast/unload", "{}", fields: good)
                #expect(deploy.status == 403)
                #expect(try await session.ask("GET", "/spaces/prod/v2/models", fields: good).status == 404)
                for _ in 0..<40 {
                    #expect(try await session.ask("GET", "/v2/models/fast", fields: late).status == 401)
                }
                var statuses: [Int] = []
                for _ in 0..<21 {
                    statuses.append(try await session.ask("GET", "/v2/models/fast", fields: forged).status)
                }
                #expect(statuses == Array(repeating: 401, count: 20) + [429])
                // What is known goes on; nothing is looked at anew.
                #expect(bench.fetches == 2)
            }
        }
    }
}
