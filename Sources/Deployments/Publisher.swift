import Governance
package import Identity
package import Journal
import Serving

/// Brings what is committed to the data plane: one snapshot at a time, each from one read transaction, never an older one
/// after a newer one. Whoever comes while one is being installed waits for the next, all together.
package actor Publisher: GenerationPublisher {
    private typealias Waiter = CheckedContinuation<Result<Void, ControlError>, Never>

    private let store: DeploymentUnitOfWork
    private let plane: any ServingPlane
    private let access: AccessPublisher?
    private var waiters: [Waiter] = []
    private var isRunning = false
    /// The generation that the data plane has; `nil` before the first.
    package private(set) var installed: Generation?

    /// - Parameter access: publishes who may do what; `nil` where nobody asks for that.
    package init(store: DeploymentUnitOfWork, plane: any ServingPlane, access: AccessPublisher? = nil) {
        self.store = store
        self.plane = plane
        self.access = access
    }

    /// Returns once the data plane has whatever was committed before this call.
    package func publish() async throws(ControlError) {
        try await access?.publish()
        let result: Result<Void, ControlError> = await withCheckedContinuation { waiter in
            waiters.append(waiter)
            if !isRunning {
                isRunning = true
                // A task of its own: the one who asked may be cancelled, the others must not notice.
                Task { await self.run() }
            }
        }
        try result.get()
    }

    private func run() async {
        while !waiters.isEmpty {
            // Only those who asked before the read below; who comes during it may have committed after it.
            let served = waiters
            waiters = []
            let result = await installLatest()
            for waiter in served { waiter.resume(returning: result) }
        }
        isRunning = false
    }

    private func installLatest() async -> Result<Void, ControlError> {
        do {
            let snapshot = try await store.read { try $0.snapshot() }
            let generation = Generation(snapshot.generation)
            if let installed, generation < installed {
                return .failure(
                    ControlError(
                        .internalFailure,
                        "the database went back from generation \(installed) to \(generation); nothing was published",
                        hint: "was the data folder replaced while the server ran? Restart it"))
            }
            await plane.install(snapshot)
            installed = generation
            return .success(())
        } catch {
            return .failure(error)
        }
    }
}
