import Documents
import Journal
import Testing
import Webhooks

@testable import Alerts

@Suite struct SettingsTests {
    private static func settings(_ yaml: String) throws -> AlertSettings {
        try AlertSettings(try DocumentText.value(yaml: yaml, what: "monitor"))
    }

    @Test func `without a document each kind has its default rule`() {
        #expect(
            AlertSettings().effective.map(\.name) == ["errors", "latency", "traffic", "drift", "quality", "ledger"])
        #expect(AlertSettings().notify == nil)
    }

    @Test func `a rule of a default's name takes its place, others come beside it, and what is switched off is gone`()
        throws
    {
        let settings = try Self.settings(
            """
            rules:
              - {name: errors, objective: 99, burn: 2, for: 30s, resolveAfter: 1m}
              - {name: traffic, enabled: false}
              - {name: slow, kind: latency, milliseconds: 20, window: 1m, minimum: 10}
            notify:
              - webhook: https://example.com/hook
                secret: pager
              - command: [/usr/bin/page-me, --loud]
            """)
        #expect(settings.effective.map(\.name) == ["errors", "latency", "drift", "quality", "ledger", "slow"])
        let errors = try #require(settings.effective.first)
        #expect((errors.hold, errors.resolveAfter) == (30, 60))
        guard case .errors(let burn) = errors.condition else { return #expect(Bool(false), "another kind") }
        #expect(burn.objective == 0.99 && burn.burn == 2 && burn.short == 300)
        #expect(settings.hasCommands)
        #expect(
            settings.notify == [
                .webhook(try WebhookTarget(url: "https://example.com/hook", secret: "pager")),
                .command(["/usr/bin/page-me", "--loud"]),
            ])
        #expect(try AlertSettings(settings.document) == settings)
    }

    @Test(arguments: [
        ("rules: [{kind: error}]", "errors"), ("rules: [{name: x}]", "kind"),
        ("rules: [{name: drift, kind: errors}]", "another"),
        ("rules: [{name: errors}, {kind: errors}]", "second time"),
        ("rules: [{kind: errors, objective: 100}]", "objective"),
        ("rules: [{kind: errors, short: 2h}]", "short"), ("rules: [{kind: errors, short: 10s}]", "short"),
        ("rules: [{kind: latency, milisecond: 3}]", "milliseconds"),
        ("rules: [{kind: latency, for: soon}]", "for"), ("rules: [{kind: traffic, window: 1h}]", "window"),
        ("rules: [{kind: ledger, share: 0}]", "share"), ("rules: [{kind: quality, margin: -1}]", "margin"),
        ("rules: {}", "list"), ("notify: [{}]", "webhook"), ("notify: [{webhook: 'ftp://x/'}]", "https"),
        ("notify: [{webhook: 'https://x/', command: [/bin/true]}]", "two targets"),
        ("notify: [{command: [true]}]", "text"),
        ("notify: [{command: [page-me]}]", "root"), ("notify: [{secret: x}]", "webhook"), ("alarm: 1", "means nothing"),
        ("notify: [{webhook: 'https://x/', secret: '../x'}]", "name of a secret"),
    ])
    func `what is wrong is refused with its place`(yaml: String, word: String) {
        #expect {
            _ = try Self.settings(yaml)
        } throws: { error in
            guard let error = error as? ControlError else { return false }
            return error.code == .invalid && error.description.contains(word) && error.field != nil
        }
    }
}
