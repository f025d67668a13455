import Documents
import Journal
import Retraining
import Testing

@Suite struct RetrainingSettingsTests {
    private func settings(_ yaml: String) throws -> RetrainingSettings {
        try RetrainingSettings(document: DocumentText.value(yaml: yaml, what: "monitor"))
    }

    @Test func `each field of a rule is read, and what is absent has its default`() throws {
        let rules = try settings(
            """
            - name: on-drift
              when: {alert: drift}
              command: [python3, train.py, --fast]
              folder: /srv/churn
              coolDown: 2h
              concurrent: 2
              rows: 5000
              limits: {minutes: 45, memoryMB: 512, logMB: 2, fileMB: 64, openFiles: 256, processes: 32}
              then: {promote: {to: prod}, rollout: {strategy: canary, steps: [5, 50]}}
            - {name: nightly, when: {schedule: "0 3 * * *"}, webhook: "https://example.com/train", enabled: false}
            - {name: labels, when: {labelledRows: 5000}, command: [train]}
            - {name: files, when: {folder: /data/new}, command: [train]}
            - {name: by-hand, command: [train]}
            """
        ).rules
        #expect(rules.map(\.name) == ["on-drift", "nightly", "labels", "files", "by-hand"])
        #expect(rules[0].trigger == .alert("drift"))
        #expect(rules[0].action == .command(["python3", "train.py", "--fast"], folder: "/srv/churn"))
        #expect(rules[0].coolDownSeconds == 7200)
        #expect(rules[0].concurrent == 2)
        #expect(rules[0].rows == 5000)
        #expect(rules[0].limits.minutes == 45)
        #expect(rules[0].limits.processes == 32)
        #expect(rules[0].then?.promoteTo == "prod")
        #expect(rules[0].then?.rollout != nil)
        #expect(rules[1].trigger == .schedule(try CronSchedule("0 3 * * *")))
        #expect(rules[1].action == .webhook("https://example.com/train"))
        #expect(!rules[1].enabled)
        #expect(rules[2].trigger == .labelledRows(5000))
        #expect(rules[2].coolDownSeconds == 3600)
        #expect(rules[2].limits == RunLimits())
        #expect(rules[3].trigger == .folder("/data/new"))
        #expect(rules[4].trigger == .manual)
        #expect(rules[4].then == nil)
        let again = try RetrainingSettings(document: RetrainingSettings(rules: rules).document)
        #expect(again.rules == rules)
    }

    @Test func `no document is no rule`() throws {
        #expect(try RetrainingSettings(document: nil).rules.isEmpty)
        #expect(try RetrainingSettings(document: .list([])).rules.isEmpty)
    }

    @Test(arguments: [
        ("{name: a}", "retraining"),
        ("- {command: [a]}", "retraining[0].name"),
        ("- {name: a}", "retraining[0].command"),
        ("- {name: a, command: []}", "retraining[0].command"),
        ("- {name: a, command: [b], webhook: \"https://x\"}", "retraining[0].command"),
        ("- {name: a, webhook: \"ftp://x\"}", "retraining[0].webhook"),
        ("- {name: a, webhook: \"https://x\", folder: /a}", "retraining[0].folder"),
        ("- {name: a, command: [b], folder: relative}", "retraining[0].folder"),
        ("- {name: a, command: [b], when: {}}", "retraining[0].when"),
        ("- {name: a, command: [b], when: {alert: x, labelledRows: 3}}", "retraining[0].when"),
        ("- {name: a, command: [b], when: {schedule: \"* * *\"}}", "retraining[0].when.schedule"),
        ("- {name: a, command: [b], when: {labelledRows: 0}}", "retraining[0].when.labelledRows"),
        ("- {name: a, command: [b], when: {folder: x}}", "retraining[0].when.folder"),
        ("- {name: a, command: [b], when: {alarm: x}}", "retraining[0].when.alarm"),
        ("- {name: a, command: [b], coolDown: soon}", "retraining[0].coolDown"),
        ("- {name: a, command: [b], concurrent: 99}", "retraining[0].concurrent"),
        ("- {name: a, command: [b], limits: {minutes: 0}}", "retraining[0].limits.minutes"),
        ("- {name: a, command: [b], limits: {seconds: 3}}", "retraining[0].limits.seconds"),
        ("- {name: a, command: [b], then: {}}", "retraining[0].then"),
        ("- {name: a, command: [b], then: {promote: {}}}", "retraining[0].then.promote.to"),
        ("- {name: a, command: [b], then: {rollout: canary}}", "retraining[0].then.rollout"),
        ("- {name: a, command: [b], then: {rollout: {to: 3}}}", "retraining[0].then.rollout"),
        ("- {name: a, command: [b], comand: [c]}", "retraining[0].comand"),
        ("- {name: a, command: [b]}\n- {name: a, command: [b]}", "retraining[1].name"),
    ])
    func `what cannot be meant is refused at its place`(_ yaml: String, _ field: String) {
        let error = #expect(throws: ControlError.self) { try settings(yaml) }
        #expect(error?.code == .invalid)
        #expect(error?.field == field)
    }
}
