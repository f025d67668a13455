package import InferenceProtocol

/// One variant of an open rollout: where its requests go, and what becomes of them.
package final class TrafficArm: Sendable {
    package let endpoint: Endpoint
    package let variant: String
    /// Its place among the plan's targets.
    let number: Int
    let counters: ArmCounters
    /// What sees the same requests, where this is the first target and a candidate shadows it.
    let mirror: ShadowMirror?
    private let assignments: PredictionAssignments?

    init(
        endpoint: Endpoint, variant: String, number: Int, counters: ArmCounters, mirror: ShadowMirror?,
        assignments: PredictionAssignments?
    ) {
        self.endpoint = endpoint
        self.variant = variant
        self.number = number
        self.counters = counters
        self.mirror = mirror
        self.assignments = assignments
    }

    /// What its requests have come to so far.
    package var counts: ArmCounts { counters.snapshot() }

    /// Counts what became of a request that `TrafficRouter.arm` has sent here. Once for each, before its answer is
    /// written; never blocks.
    package func observe(
        _ request: InferenceRequest, _ result: Result<PredictionResult, PredictionError>, as prediction: PredictionID
    ) {
        switch result {
        case .success(let answer):
            counters.recordSuccess(request, answer)
            assignments?.note(prediction, number)
            mirror?.offer(request, answer, prediction)
        // The caller went away before anybody could say whether it would have gone well.
        case .failure(.cancelled): break
        case .failure: counters.recordError()
        }
    }
}
