import Declarations

/// A plan for people, and for programs.
struct PlanText {
    let plan: Plan

    init(_ plan: Plan) {
        self.plan = plan
    }

    /// Says every problem, and stops.
    func refuseProblems(_ session: Session) throws {
        guard let last = plan.problems.last else { return }
        for problem in plan.problems.dropLast() {
            session.console.complain(
                Failure(problem).text(emphasis: session.console.errorEmphasis))
        }
        throw Failure(last)
    }

    func show(_ session: Session) {
        let console = session.console
        for note in plan.notes {
            console.say("note: \(note.sentence)" + (note.hint.map { "; \($0)" } ?? ""))
        }
        for step in plan.steps {
            let place = step.place.map { "  (\($0))" } ?? ""
            console.print("\(Self.sign(step.change)) \(console.emphasis.strong(step.title))\(place)")
            for detail in step.details { console.print("    \(detail)") }
        }
        console.print(plan.steps.isEmpty ? "nothing to do: the server is as declared" : summary)
    }

    private static func sign(_ change: PlanStep.Change) -> String {
        switch change {
        case .add: "+"
        case .change: "~"
        case .remove: "-"
        }
    }

    /// `3 steps: 1 to add, 2 to change, 0 to remove`
    var summary: String {
        func count(_ change: PlanStep.Change) -> Int { plan.steps.count { $0.change == change } }
        let steps = plan.steps.count == 1 ? "1 step" : "\(plan.steps.count) steps"
        return "\(steps): \(count(.add)) to add, \(count(.change)) to change, \(count(.remove)) to remove"
    }

    /// docs/reference/slipway-yaml.md describes it.
    struct Report: Encodable {
        struct Step: Encodable {
            var change: PlanStep.Change
            var kind: PlanStep.Kind
            var space: String
            var name: String
            var details: [String]
            var place: String?
            /// Of `slipway apply`: whether it was done.
            var done: Bool?
        }

        var generation: Int
        var digest: String
        var steps: [Step]
        var notes: [String]
        var application: Int?
        var error: String?
    }

    func report(done: Int? = nil, application: Int? = nil, error: String? = nil) -> Report {
        Report(
            generation: plan.generation, digest: plan.digest,
            steps: plan.steps.enumerated().map { index, step in
                Report.Step(
                    change: step.change, kind: step.kind, space: step.space, name: step.name, details: step.details,
                    place: step.place?.description, done: done.map { index < $0 })
            }, notes: plan.notes.map(\.sentence), application: application, error: error)
    }
}
