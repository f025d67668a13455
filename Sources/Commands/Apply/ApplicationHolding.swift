import Declarations
import ManagementAPI
import SlipwayClient

/// The one place on the server from which declared state is carried out: taking it, and keeping it.
struct ApplicationHolding {
    let client: SlipwayClient
    let console: Console
    /// Seconds to wait for somebody else.
    let patience: Int

    /// How often a plan may have to be made again because something else happened on the server, without being another.
    private static let mostPlans = 10

    /// Begins for `plan`. Where the server has changed since it was made, it is made again: the same steps are still what was
    /// shown, others are a refusal.
    func begin(_ plan: Plan, again: () async throws -> Plan) async throws -> ApplicationInfo {
        let end = ContinuousClock.now + .seconds(patience)
        var generation = plan.generation
        var tries = 0
        while true {
            let error: ClientError
            switch await attempt(plan, generation) {
            case .success(let application): return application
            case .failure(let refusal): error = refusal
            }
            if Self.status(of: error) == 412, tries < Self.mostPlans {
                tries += 1
                generation = try await same(plan, again)
            } else if Self.status(of: error) == 409, Self.field(of: error) == "application", ContinuousClock.now < end {
                try await Task.sleep(for: .milliseconds(500))
            } else {
                throw error
            }
        }
    }

    private func attempt(_ plan: Plan, _ generation: Int) async -> Result<ApplicationInfo, ClientError> {
        let request = ApplicationRequest(plan: plan.digest, steps: plan.steps.count)
        do {
            return .success(try await client.beginApplication(request, ifGeneration: generation))
        } catch {
            return .failure(error)
        }
    }

    /// The generation at which the plan still holds.
    private func same(_ plan: Plan, _ again: () async throws -> Plan) async throws -> Int {
        let now = try await again()
        guard now.digest == plan.digest else {
            throw Failure(
                "the server has changed since the plan was made, and the plan with it: nothing was done",
                hint: "apply again, and look at the new plan")
        }
        return now.generation
    }

    private static func status(of error: ClientError) -> Int? {
        if case .refused(let status, _) = error { status } else { nil }
    }

    private static func field(of error: ClientError) -> String? {
        if case .refused(_, let refusal) = error { refusal.field } else { nil }
    }

    /// Runs `body` while somebody tells the server that it is alive.
    static func hold<Value: Sendable>(
        _ application: ApplicationInfo, _ client: SlipwayClient, _ body: () async throws -> Value
    ) async throws -> Value {
        let beat = Task {
            while !Task.isCancelled {
                try? await Task.sleep(for: .seconds(max(1, application.patienceSeconds / 5)))
                // What cannot be renewed shows at the next step, which the server then refuses.
                _ = try? await client.renewApplication(application.application)
            }
        }
        defer { beat.cancel() }
        return try await body()
    }
}
