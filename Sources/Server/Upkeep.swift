import Journal
import Logging
import Store

/// What the server does for its data folder by itself, now and then: signed heads of the audit chain, and collections of
/// files that nothing refers to.
actor Upkeep {
    /// In whose name it is done, in the audit.
    private static let principal = Principal.automation

    private let store: Store
    private let headSeconds: Int
    private let collectSeconds: Int
    private let logger: Logger
    private var tasks: [Task<Void, Never>] = []
    /// The sequence of the head that was kept last by this process.
    private var lastHead: Int?
    /// What was said last of the place outside, so that a lasting fault is said once.
    private var lastProblem: String?

    init(store: Store, configuration: ServerConfiguration, logger: Logger) {
        self.store = store
        headSeconds = configuration.auditHeadSeconds
        collectSeconds = configuration.collectSeconds
        self.logger = logger
    }

    func start() async {
        await checkAudit()
        await keepHead()
        tasks.append(
            Task { [headSeconds] in await self.every(headSeconds) { await self.keepHead() } })
        guard collectSeconds > 0 else { return }
        tasks.append(
            Task { [collectSeconds] in await self.every(collectSeconds) { await self.collect() } })
    }

    /// Signs what came last, so that nothing of a stopped server's audit can be cut off unseen.
    func stop() async {
        for task in tasks { task.cancel() }
        // One that is under way has files in its hands.
        for task in tasks { await task.value }
        tasks = []
        await keepHead()
    }

    private nonisolated func every(_ seconds: Int, _ body: @Sendable () async -> Void) async {
        while (try? await Task.sleep(for: .seconds(seconds))) != nil { await body() }
    }

    /// Heads that are kept outside may go further than this folder's own: an older backup was restored, or somebody put
    /// an older database in its place. The server answers all the same: which of the two it is, is for a person to say.
    private func checkAudit() async {
        do {
            for problem in try await store.checkHeadsOutside() {
                logger.error("the audit does not agree with the heads outside", metadata: ["problem": "\(problem)"])
            }
        } catch {
            logger.error("the heads outside could not be compared", metadata: ["error.message": "\(error)"])
        }
    }

    private func keepHead() async {
        do {
            guard let (head, problem) = try await store.audit.keepHead(after: lastHead) else { return }
            lastHead = head.sequence
            if let problem, problem != lastProblem {
                logger.error("the audit head could not be kept outside", metadata: ["error.message": "\(problem)"])
            }
            lastProblem = problem
        } catch {
            logger.error("the audit head could not be kept", metadata: ["error.message": "\(error)"])
        }
    }

    private func collect() async {
        do {
            let result = try await store.collect(by: Self.principal)
            guard result.blobs > 0 else { return }
            logger.info(
                "removed files that nothing referred to",
                metadata: ["files": "\(result.blobs)", "bytes": "\(result.bytes)"])
        } catch {
            logger.error("collecting failed", metadata: ["error.message": "\(error)"])
        }
    }
}
