import Experiments
import Foundation
import Journal
import Store
import Synchronization

/// Experiments over a data folder of a test's own.
final class TrackingBench: Sendable {
    let folder: String
    let clock = SteppingClock()
    let store: Store
    let experiments: ExperimentService
    let runs: RunService
    let models: LoggedModelService
    let artifacts: ArtifactService

    init(keepDeletedRunsSeconds: Int = 3600) throws {
        folder = NSTemporaryDirectory() + "slipway-experiments-\(UUID().uuidString)"
        store = try Store.open(
            folder: folder, clock: clock, collectGraceSeconds: 10, keepDeletedRunsSeconds: keepDeletedRunsSeconds)
        experiments = ExperimentService(store: store.tracking)
        runs = RunService(store: store.tracking, clock: clock)
        models = LoggedModelService(store: store.tracking, clock: clock)
        artifacts = ArtifactService(store: store.tracking, storage: store.tracked)
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    func newRun(_ experiment: ExperimentID = .ofDefault, space: String = "default") async throws -> String {
        try await runs.create(RunService.Order(experiment: experiment), space: space, principal: .local).info.id
    }

    /// Stores an artifact of a run.
    @discardableResult
    func put(_ text: String, at path: String, of run: String) async throws -> ArtifactEntry {
        let place = try ArtifactPath(proxied: "0/\(run)/artifacts/\(path)")
        let upload = try await artifacts.beginUpload(
            to: place, space: "default", declaredSize: nil, principal: .local)
        try await upload.append(Array(text.utf8))
        return try await upload.finish()
    }

    func read(_ entry: ArtifactEntry) async throws -> String {
        let file = try await artifacts.open(entry)
        var bytes: [UInt8] = []
        while let piece = try await file.next() { bytes += piece }
        return String(decoding: bytes, as: UTF8.self)
    }

    var actions: [String] {
        get async throws {
            try await store.audit.events(AuditQuery()).items.map(\.action).filter { $0.hasPrefix("tracking.") }
        }
    }
}

/// Goes on only when it is told to.
final class SteppingClock: WallClock {
    private let time = Mutex(1_800_000_000_000_000)

    var now: Int { time.withLock { $0 } }

    func advance(seconds: Int) { time.withLock { $0 += seconds * 1_000_000 } }
}

/// What a call is refused with.
func refusal(_ body: () async throws -> Void) async -> ControlError? {
    do {
        try await body()
        return nil
    } catch { return error as? ControlError }
}
