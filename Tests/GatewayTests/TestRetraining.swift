import Documents
import Journal
import Processes
import Retraining
import Store

/// Rules without anything to train on: nothing is written down, and nothing follows.
struct BareSurroundings: WrittenRows, RunKeys, RunFollowing {
    func export(space: String, endpoint: String, bytes: Int, to path: String) async throws(ControlError) -> Bool {
        false
    }

    func issue(
        run: Int, space: String, expiresAt: Timestamp
    ) async throws(ControlError) -> (id: String, token: String)? { nil }

    func revoke(_ id: String) async throws(ControlError) {}

    func check(rollout: DocumentValue) throws(ControlError) {}

    func promote(_ run: RetrainingRun, version: Int, to space: String) async throws(ControlError) -> Int {
        throw ControlError(.refused, "nothing is promoted here")
    }

    func promotion(_ number: Int, space: String) async throws(ControlError) -> PromotionStanding { .ended("none") }

    func rollOut(
        _ run: RetrainingRun, version: Int, document: DocumentValue
    ) async throws(ControlError) -> Int {
        throw ControlError(.refused, "nothing is rolled out here")
    }
}

extension RetrainingService {
    /// Over a store of a test, without the loop.
    convenience init(testing store: Store) {
        let bare = BareSurroundings()
        self.init(
            store: store.retraining, folders: RunFolder(root: store.path + "/runs"),
            outside: RetrainingSurroundings(written: bare, keys: bare, following: bare),
            commands: CommandSettings(isAllowed: false, server: "", environment: [:]), clock: SystemClock(),
            publish: {})
    }
}
