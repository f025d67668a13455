import Declarations
import Documents
import ManagementAPI
import SlipwayClient

/// Carries a plan out, step by step, and says plainly how far it came.
struct PlanRun {
    let plan: Plan
    let application: ApplicationInfo
    let session: Session

    func run() async throws {
        var carrier = StepCarrier(
            client: session.client.inApplication(application.application), console: session.console)
        var done = 0
        var failure: (any Error)?
        do {
            done = try await ApplicationHolding.hold(application, session.client) {
                for (index, step) in plan.steps.enumerated() {
                    do { try await carrier.carry(step) } catch {
                        failure = error
                        return index
                    }
                    if session.format == .table { session.console.print("done: \(step.title)") }
                }
                return plan.steps.count
            }
        }
        // Whether or not the server hears it: it ends by itself.
        _ = try? await session.client.endApplication(
            application.application,
            ApplicationEndRequest(outcome: failure == nil ? .done : .failed, done: done))
        try report(done, failure)
    }

    private func report(_ done: Int, _ failure: (any Error)?) throws {
        guard let failure else {
            if session.format == .json {
                try session.printJSON(PlanText(plan).report(done: done, application: application.application))
            } else {
                session.console.print("applied: \(done) of \(plan.steps.count) steps")
            }
            return
        }
        let known = (failure as? Failure) ?? (failure as? ClientError).map { Failure($0) } ?? Failure("\(failure)")
        let step = plan.steps[done]
        let place = step.place.map { "\($0): " } ?? ""
        if session.format == .json {
            try session.printJSON(
                PlanText(plan).report(
                    done: done, application: application.application, error: "\(step.title): \(known.message)"))
        } else {
            session.console.complain("failed: \(step.title)")
            for rest in plan.steps.dropFirst(done + 1) { session.console.complain("not tried: \(rest.title)") }
        }
        throw Failure(
            "\(place)\(step.title): \(known.message)",
            hint: (known.hint.map { $0 + "; " } ?? "")
                + "\(done) of \(plan.steps.count) steps are done and stay so; apply again to go on", code: known.code)
    }
}
