import Deployments
import Gateway
import Hummingbird
import Journal
import ManagementAPI

extension ManagementInterface {
    func rolloutReport(_ call: ManagementRequest) async throws -> Response {
        let report = try await services.rollouts.report(
            call.name, space: call.space, number: try call.rolloutNumber())
        return try .json(RolloutReportInfo(report))
    }

    func tellOutcomes(_ call: ManagementRequest) async throws -> Response {
        let request = try await call.document(OutcomesRequest.self, schema: "OutcomesRequest")
        var outcomes: [Outcome] = []
        for (index, outcome) in request.outcomes.enumerated() {
            let subject: Outcome.Subject
            switch (outcome.prediction, outcome.key) {
            case (let id?, nil): subject = .prediction(id)
            case (nil, let key?): subject = .key(key)
            default:
                throw ControlError(
                    .invalid, "'outcomes[\(index)]' needs exactly one of 'prediction' and 'key'",
                    field: "outcomes[\(index)]")
            }
            outcomes.append(Outcome(subject: subject, values: outcome.values))
        }
        let receipt = try await services.rollouts.tell(
            outcomes, of: call.name, space: call.space, principal: call.principal)
        return try .json(
            OutcomesAnswer(rollout: receipt.rollout, accepted: receipt.accepted, unknown: receipt.unknown))
    }
}
