package import Runtimes
package import Serving

/// The seam to the data plane.
///
/// An implementation promises:
/// 1. `prepare` loads and warms beside what serves now and disturbs nothing; for what is loaded already it is cheap. What
///    it has loaded stays until `discard` gives it back, whoever else prepares the same or gives it back.
/// 2. `install` switches atomically and returns once the snapshot answers. It ignores an older generation; the same
///    generation again takes up what was prepared since.
/// 3. An entry that cannot be loaded is there all the same, failed, with the reason, and keeps nobody else from answering.
package protocol ServingPlane: Sendable {
    func prepare(_ entry: EndpointEntry) async throws(ModelLoadError)
    /// Gives back what `prepare` keeps: once for each time that it gave no error, after the change that it was for has been
    /// published or has failed. What the snapshot serves stays without it.
    func discard(_ entry: EndpointEntry)
    func install(_ snapshot: ServingSnapshot) async
    /// What the variants of the endpoint's open rollout have done so far; empty while none is open.
    func arms(space: String, endpoint: String) -> [ArmReading]
    /// What the candidate that shadows the endpoint answered beside it; `nil` while none does.
    func shadow(space: String, endpoint: String) -> ShadowReading?
    /// What keeps variants of the endpoint's open rollout from running at all; empty while none is open.
    func faults(space: String, endpoint: String) -> [VariantFault]
    /// The variant of the endpoint's open rollout that made a prediction, and the rollout's number; `nil` where it is not
    /// known, or not known any more.
    func variant(ofPrediction id: String, space: String, endpoint: String) -> (variant: String, rollout: Int)?
}

extension ServingPlane {
    /// For planes that serve no rollouts.
    package func arms(space: String, endpoint: String) -> [ArmReading] { [] }
    package func shadow(space: String, endpoint: String) -> ShadowReading? { nil }
    package func faults(space: String, endpoint: String) -> [VariantFault] { [] }
    package func variant(
        ofPrediction id: String, space: String, endpoint: String
    ) -> (variant: String, rollout: Int)? { nil }
}
