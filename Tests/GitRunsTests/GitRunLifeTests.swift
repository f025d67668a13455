import Documents
import Journal
import Testing

@testable import GitRuns

/// The machine of a run: no process, no clock, no database.
@Suite struct GitRunLifeTests {
    private let commit = GitCommit(id: String(repeating: "a", count: 40), author: "Ada", subject: "a change")

    private static func pipeline(_ text: String) throws -> GitPipeline {
        try GitPipeline.read(try DocumentText.value(yaml: text, what: "slipway.yaml"))
    }

    private static let whole = """
        model: {name: churn, file: m.onnx}
        data: [{name: rows, file: d.csv}]
        validate: ["true"]
        promote: [test, prod]
        deploy: {space: prod}
        """

    private static func at(_ seconds: Int) -> Timestamp { Timestamp(microseconds: seconds * 1_000_000) }

    /// A run that has come as far as the step of this name.
    private func life(upTo name: String) throws -> GitRunLife {
        var life = GitRunLife()
        var seconds = 0
        _ = life.handle(.began, at: Self.at(seconds))
        while let step = life.current, step.name != name {
            seconds += 1
            let event: GitRunEvent =
                switch step.kind {
                case .clone: .cloned(commit, try Self.pipeline(Self.whole))
                case .push: .pushed(PushedVersion(model: "churn", number: 1, isNew: true), message: "pushed churn:1")
                default: .succeeded("done")
                }
            _ = life.handle(event, at: Self.at(seconds))
        }
        return life
    }

    @Test func `steps come one after the other, each when the one before has succeeded`() throws {
        var life = GitRunLife()
        #expect(life.handle(.began, at: Self.at(1)) == .carryOut(try #require(life.current)))
        #expect(life.current?.name == "clone")
        let action = life.handle(.cloned(commit, try Self.pipeline(Self.whole)), at: Self.at(2))
        #expect(action == .carryOut(try #require(life.current)))
        #expect(
            life.steps.map(\.name) == ["clone", "validate", "data", "push", "promote:test", "promote:prod", "deploy"])
        #expect(life.current?.state == .running && life.current?.startedAt == Self.at(2))
        #expect(life.steps[0].evidence == ["commit": commit.id] && life.steps[0].endedAt == Self.at(2))
        let last = try self.life(upTo: "nothing is called so")
        #expect(last.state == .succeeded && last.steps.allSatisfy { $0.state == .succeeded })
        #expect(last.pushed?.label == "churn:1" && last.endedAt != nil)
    }

    @Test(arguments: ["clone", "validate", "push", "deploy"])
    func `what fails in a step ends the run, and later steps are skipped`(name: String) throws {
        var life = try life(upTo: name)
        #expect(life.handle(.failed("no", evidence: ["exit": "1"]), at: Self.at(9)) == .end)
        #expect(life.state == .failed && life.message == "no")
        let step = try #require(life.steps.first { $0.name == name })
        #expect(step.state == .failed && step.evidence["exit"] == "1")
        #expect(life.steps.drop { $0.name != name }.dropFirst().allSatisfy { $0.state == .skipped })
        #expect(life.handle(.succeeded("late"), at: Self.at(10)) == .refuse("it is over: failed"))
    }

    @Test func `a step that waits goes on where it was, and says so but once`() throws {
        var life = try life(upTo: "promote:prod")
        #expect(life.handle(.waits("needs 1 approval", evidence: ["promotion": "7"]), at: Self.at(5)) == .wait)
        #expect(life.state == .waiting && life.current?.evidence["promotion"] == "7")
        #expect(life.handle(.succeeded("applied"), at: Self.at(6)) == .carryOut(try #require(life.current)))
        #expect(life.state == .running && life.current?.name == "deploy")
        #expect(life.steps.first { $0.name == "promote:prod" }?.evidence["promotion"] == "7")
    }

    @Test func `a gate that says no blocks the run`() throws {
        var life = try life(upTo: "promote:test")
        #expect(life.handle(.blocked("accuracy is 0.3"), at: Self.at(5)) == .end)
        #expect(life.state == .blocked && life.message == "accuracy is 0.3" && life.current == nil)
    }

    @Test(arguments: ["clone", "validate", "data", "push"])
    func `what the server's death interrupts before the delivery begins again at the same commit`(name: String) throws {
        var life = try life(upTo: name)
        #expect(life.handle(.serverEnded(orderly: false), at: Self.at(5)) == .wait)
        #expect(life.state == .queued && life.steps.map(\.name) == ["clone"] && life.interruptions == 1)
        #expect(life.commit == (name == "clone" ? nil : commit) && life.pushed == nil)
        #expect(life.handle(.began, at: Self.at(6)) == .carryOut(try #require(life.current)))
    }

    @Test(arguments: ["promote:test", "deploy"])
    func `a delivery that the server's death interrupts is taken up, not begun again`(name: String) throws {
        var life = try life(upTo: name)
        #expect(life.handle(.serverEnded(orderly: false), at: Self.at(5)) == .wait)
        #expect(life.state == .waiting && life.current?.name == name && life.pushed?.number == 1)
    }

    @Test func `a delivery is taken up however often the server has died before`() throws {
        var life = try life(upTo: "promote:test")
        life.interruptions = GitRunLife.mostInterruptions
        #expect(life.handle(.serverEnded(orderly: false), at: Self.at(5)) == .wait)
        #expect(life.state == .waiting && life.current?.name == "promote:test")
    }

    @Test func `a run that the server does not survive is given up the third time, orderly stops aside`() throws {
        var life = try life(upTo: "validate")
        for _ in 0..<5 {
            _ = life.handle(.serverEnded(orderly: true), at: Self.at(5))
            _ = life.handle(.began, at: Self.at(6))
        }
        for _ in 0..<GitRunLife.mostInterruptions {
            _ = life.handle(.serverEnded(orderly: false), at: Self.at(7))
            #expect(life.state == .queued)
            _ = life.handle(.began, at: Self.at(8))
        }
        #expect(life.handle(.serverEnded(orderly: false), at: Self.at(9)) == .end)
        #expect(life.state == .failed && life.message.contains("the server ended 3 times"))
    }

    @Test func `a queued run can be cancelled, passed by or refused, and nothing else happens to it`() {
        for event in [
            GitRunEvent.succeeded("x"), .waits("x"), .blocked("x"),
            .pushed(PushedVersion(model: "m", number: 1, isNew: true), message: "x"),
        ] {
            var life = GitRunLife()
            #expect(life.handle(event, at: Self.at(1)) == .refuse("it has not begun"))
            #expect(life == GitRunLife())
        }
        for (event, state) in [
            (GitRunEvent.cancelled("by ada"), GitRunLife.State.cancelled), (.superseded(by: 9), .superseded),
            (.failed("no commands"), .failed),
        ] {
            var life = GitRunLife()
            #expect(life.handle(event, at: Self.at(1)) == .end)
            #expect(life.state == state && life.steps[0].state == .skipped)
        }
    }

    @Test func `events that belong to another step are refused`() throws {
        var life = try life(upTo: "validate")
        #expect(life.handle(.cloned(commit, GitPipeline()), at: Self.at(5)) == .refuse("it has its commit"))
        let version = PushedVersion(model: "churn", number: 1, isNew: true)
        #expect(life.handle(.pushed(version, message: ""), at: Self.at(5)) == .refuse("it is not pushing"))
        #expect(life.handle(.began, at: Self.at(5)) == .refuse("it is running already"))
    }
}
