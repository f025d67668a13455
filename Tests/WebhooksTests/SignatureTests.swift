import Testing

@testable import Webhooks

@Suite struct SignatureTests {
    /// The example of the Standard Webhooks specification and of its libraries' tests.
    @Test func `a signature is that of the specification's example`() throws {
        let key = try #require(WebhookSignature.key(of: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"))
        let signature = WebhookSignature.sign(
            id: "msg_p5jXN8AQM9LWM0D4loKWxJek", timestamp: 1_614_265_330, body: #"{"test": 2432232314}"#, key: key)
        #expect(signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
    }

    @Test func `a key written out is the same key read again`() {
        let key = (0..<32).map { UInt8($0) }
        #expect(WebhookSignature.key(of: WebhookSignature.text(of: key) + "\n") == key)
        #expect(WebhookSignature.key(of: "a secret of sixteen or more") == Array("a secret of sixteen or more".utf8))
    }

    @Test(arguments: ["", "short", "whsec_", "whsec_AAAA", "whsec_not base64 at all!"])
    func `a secret that is too short or no base64 is none`(text: String) {
        #expect(WebhookSignature.key(of: text) == nil)
    }

    @Test func `each space has a key of its own`() {
        let secrets = WebhookSecrets(folder: nil, environment: [:], master: Array(repeating: 7, count: 32))
        #expect(secrets.key(ofSpace: "a") == secrets.key(ofSpace: "a"))
        #expect(secrets.key(ofSpace: "a") != secrets.key(ofSpace: "b"))
        #expect(secrets.key(ofSpace: "a").count == 32)
    }

    @Test func `a secret is found by its name in the environment, and never by a path`() throws {
        let secrets = WebhookSecrets(
            folder: "/etc", environment: ["SLIPWAY_WEBHOOK_SECRET_PAGER_1": "sixteen bytes and more"], master: [1])
        #expect(try secrets.key(named: "pager-1", space: "a") == Array("sixteen bytes and more".utf8))
        for name in ["nobody", "../etc/hostname", "a/b", "", "a b"] {
            #expect(throws: (any Error).self) { _ = try secrets.key(named: name, space: "a") }
        }
    }

    @Test func `targets say what is wrong with them, and show nothing of their path`() throws {
        let target = try WebhookTarget(url: "https://Hooks.Example.com:8443/services/T0KEN?x=SECRET", secret: "pager")
        #expect(target.shown == "https://hooks.example.com:8443/...")
        #expect((target.host, target.port) == ("hooks.example.com", 8443))
        #expect(try WebhookTarget(url: "http://[::1]/").host == "::1")
        for url in [
            "", "example.com", "ftp://example.com/", "https://", "https://a:b@example.com/", "https://example.com/#x",
            "https://exa mple.com/", "https://example.com:99999/", "https://exämple.com/", "file:///etc/passwd",
            "https://%31%32%37.0.0.1/", "https://a%00b/", "http://example.com:0/",
            "https://" + String(repeating: "a", count: 2100),
        ] {
            #expect(throws: (any Error).self, "\(url)") { _ = try WebhookTarget(url: url) }
        }
    }

    @Test func `pauses between attempts grow, and the last attempt is followed by none`() {
        let pauses = (1...RetrySchedule.attempts).map { RetrySchedule.milliseconds(after: $0, jitter: 0) }
        #expect(pauses.last == .some(nil))
        let known = pauses.compactMap { $0 }
        #expect(known.count == RetrySchedule.attempts - 1 && known == known.sorted())
        #expect(RetrySchedule.milliseconds(after: 1, jitter: 0.999) ?? 0 < 6001)
        #expect(RetrySchedule.milliseconds(after: 0, jitter: 0) == nil)
    }
}
