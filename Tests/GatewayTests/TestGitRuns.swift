import Documents
import GitRuns
import Journal
import Processes
import Store

/// A world in which nothing is delivered.
struct BareDelivery: GitRunDelivery {
    private static let refusal = ControlError(.refused, "nothing is delivered here")

    func check(rollout: DocumentValue) throws(ControlError) {}
    func push(_ delivery: DataDelivery) async throws(ControlError) -> DeliveredData { throw Self.refusal }
    func push(_ delivery: ModelDelivery) async throws(ControlError) -> PushedVersion { throw Self.refusal }
    func promote(_ wish: PromotionWish) async throws(ControlError) -> PromotionProgress { throw Self.refusal }
    func withdraw(promotion: Int, space: String, run: GitRun, reason: String) async throws(ControlError) {}
    func deploy(_ wish: DeployWish) async throws(ControlError) -> DeployProgress { throw Self.refusal }
    func abort(
        rollout: Int, endpoint: String, space: String, run: GitRun, reason: String
    ) async throws(ControlError) {}
}

extension GitRunService {
    /// Over a store of a test, without the loop.
    convenience init(testing store: Store) {
        self.init(
            store: store.gitRuns, folders: GitRunFolder(root: store.path + "/git-runs"), delivery: BareDelivery(),
            commands: CommandSettings(isAllowed: false, server: "", environment: [:]), settings: GitSettings(allow: []),
            clock: SystemClock(), publish: {})
    }
}
