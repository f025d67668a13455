import Foundation
import Testing

@testable import Webhooks

/// The table of events against the code that makes audit events, and against the page that people read.
@Suite struct LifecycleCatalogueTests {
    private static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// Words of the same form that are no audit actions: what idempotency keys are about, fields, and a type of its own.
    private static let others: Set<String> = [
        "alert.acknowledge", "silence.create", "silence.end", "member.set", "retraining.start", "sticky.input",
        "shadow.segment", "shadow.outputs", "webhook.test", "run.start", "mlflow.runName",
    ]
    /// Actions whose word is put together from a noun and the raw value of a case.
    private static let composed: Set<String> = ["deployment.delete", "deployment.load", "deployment.unload"]

    /// Every text of the form `noun.verb` in files that have to do with units of work, but for keys of log lines.
    private static func actionsInCode() throws -> [String: String] {
        let works = ["AuditDraft", "Mutation(", "Change(", "Change<", ".event(", ".change(", "UnitOfWork"]
        var found: [String: String] = [:]
        let sources = root.appendingPathComponent("Sources")
        let files = try #require(FileManager.default.enumerator(atPath: sources.path))
        for case let path as String in files where path.hasSuffix(".swift") {
            let text = try String(contentsOf: sources.appendingPathComponent(path), encoding: .utf8)
            guard works.contains(where: text.contains) else { continue }
            for match in text.matches(of: #/"([a-z][A-Za-z]*\.[a-z][A-Za-z]*)"(?![:\]])/#) {
                let word = String(match.1)
                if !word.hasPrefix(LifecycleEventTypes.prefix) { found[word] = path }
            }
        }
        return found
    }

    @Test func `every audit action in the code has an event, and every event an action`() throws {
        let known = Set(LifecycleEventTypes.all.map(\.action))
        let code = try Self.actionsInCode()
        for (action, path) in code where !Self.others.contains(action) {
            #expect(
                known.contains(action),
                "\(path) has '\(action)': LifecycleEventTypes must say what is sent of it, or this test that it is no action"
            )
        }
        for action in known.subtracting(Self.composed) { #expect(code[action] != nil, "nothing makes '\(action)'") }
        for word in Self.others { #expect(code[word] != nil, "'\(word)' stands nowhere any more") }
    }

    @Test func `no two actions have one type, but for the one of several meanings`() {
        let types = LifecycleEventTypes.all.map(\.type)
        #expect(Set(types).count == types.count)
        let twice = Dictionary(grouping: LifecycleEventTypes.all, by: \.action).filter { $0.value.count > 1 }
        #expect(Array(twice.keys) == ["deployment.deploy"])
    }

    @Test func `the page lists every event with its action, and no other`() throws {
        let page = try String(
            contentsOf: Self.root.appendingPathComponent("docs/reference/webhooks.md"), encoding: .utf8)
        var listed: Set<String> = []
        for line in page.split(separator: "\n") {
            guard let match = line.firstMatch(of: #/^\| `slipway\.([A-Za-z.]+)` \| `([A-Za-z.]+)` \|/#) else {
                continue
            }
            #expect(listed.insert("\(match.1) \(match.2)").inserted, "\(match.1) is listed twice")
        }
        #expect(listed == Set(LifecycleEventTypes.all.map { "\($0.type) \($0.action)" }))
    }
}
