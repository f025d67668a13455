import Documents
import Foundation
import Journal
import Processes
import Store
import Synchronization
import Testing

@testable import GitRuns

/// A world that answers as it is told, and remembers what it was asked.
private final class TestDelivery: GitRunDelivery {
    struct Script {
        var asked: [String] = []
        var standing = Standing.done("applied")
        var failure: ControlError?
    }

    let script = Mutex(Script())

    private func note(_ what: String) throws(ControlError) {
        let failure = script.withLock { script -> ControlError? in
            script.asked.append(what)
            return script.failure
        }
        if let failure { throw failure }
    }

    var asked: [String] { script.withLock { $0.asked } }

    func check(rollout: DocumentValue) throws(ControlError) {}

    func push(_ delivery: DataDelivery) async throws(ControlError) -> DeliveredData {
        try note("data \(delivery.file.name)")
        return DeliveredData(
            name: delivery.file.name, version: 4, space: delivery.space, sha256: "abc", isNew: true)
    }

    func push(_ delivery: ModelDelivery) async throws(ControlError) -> PushedVersion {
        try note("push \(delivery.model.name) trained on \(delivery.dataSet ?? "nothing") \(delivery.dataDigest ?? "")")
        return PushedVersion(model: delivery.model.name, number: 1, isNew: true)
    }

    func promote(_ wish: PromotionWish) async throws(ControlError) -> PromotionProgress {
        try note("promote \(wish.version.label) from \(wish.source) to \(wish.target), \(wish.number ?? 0)")
        return PromotionProgress(number: 9, standing: script.withLock { $0.standing })
    }

    func withdraw(promotion: Int, space: String, run: GitRun, reason: String) async throws(ControlError) {
        try note("withdraw \(promotion)")
    }

    func deploy(_ wish: DeployWish) async throws(ControlError) -> DeployProgress {
        try note("deploy \(wish.version.label) at \(wish.deployment.endpoint)")
        return DeployProgress(standing: .done("live"), revision: 1)
    }

    func abort(
        rollout: Int, endpoint: String, space: String, run: GitRun, reason: String
    ) async throws(ControlError) {}
}

/// The service on a real store, with real repositories and real processes; what is delivered is only noted.
@Suite struct GitRunServiceTests {
    private let place = TestFolder()
    private let delivery = TestDelivery()
    private let store: Store
    private let ada = Principal(id: "ada")

    init() throws {
        store = try Store.open(folder: place.path + "/data")
    }

    /// The slipway binary: named by the environment, or built beside the tests.
    private static var program: String {
        if let named = ProcessInfo.processInfo.environment["SLIPWAY_BINARY"] { return named }
        let tests = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        return URL(fileURLWithPath: tests).deletingLastPathComponent().appendingPathComponent("slipway").path
    }

    private func service(allow: [String]? = nil, commands: Bool = true) -> GitRunService {
        GitRunService(
            store: store.gitRuns, folders: GitRunFolder(root: place.path + "/runs"), delivery: delivery,
            commands: CommandSettings(
                isAllowed: commands, server: "http://server",
                environment: ["PATH": ProcessInfo.processInfo.environment["PATH"] ?? ""], program: Self.program),
            settings: GitSettings(allow: allow ?? ["file://" + place.path]), clock: SystemClock(), publish: {})
    }

    private func add(_ service: GitRunService, name: String = "churn") async throws -> GitRepository {
        try await service.add(
            try GitRepositoryDraft(
                name: name, space: "default", url: "file://" + place.path + "/repository"), principal: ada)
    }

    private func start(_ service: GitRunService, ref: String? = nil) async throws -> GitRun {
        try await service.start(
            repository: "churn", space: "default", ref: ref, cause: GitRunCause(.request, "ada asked"), principal: ada)
    }

    /// A commit whose pipeline this is.
    private func commit(_ pipeline: String) throws {
        let folder = place.path + "/repository"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try ("pipeline: " + pipeline).write(toFile: folder + "/slipway.yaml", atomically: true, encoding: .utf8)
        let git = Process()
        git.executableURL = URL(fileURLWithPath: "/bin/sh")
        git.arguments = [
            "-c",
            """
            git init -q -b main . && git add -A && git -c user.name=Ada -c user.email=ada@example.com commit -q -m change
            """,
        ]
        git.currentDirectoryURL = URL(fileURLWithPath: folder)
        try git.run()
        git.waitUntilExit()
        try #require(git.terminationStatus == 0)
    }

    /// Turns of the loop until the run is in one of these states.
    private func turn(
        _ service: GitRunService, _ number: Int, until states: Set<GitRunLife.State>
    ) async throws -> GitRun {
        for _ in 0..<3000 {
            await service.tick()
            let run = try await service.show(number, space: "default")
            if states.contains(run.life.state), service.active.withLock({ $0[number] == nil }) { return run }
            try await Task.sleep(for: .milliseconds(10))
        }
        return try await service.show(number, space: "default")
    }

    private static let over: Set<GitRunLife.State> = [.succeeded, .failed, .blocked, .cancelled]

    // MARK: - Repositories

    @Test func `a repository is added, paused, removed, and its name is free again`() async throws {
        let service = service()
        let added = try await add(service)
        #expect(added.branch == "main" && added.addedBy == "ada" && added.pause == nil)
        let taken = await #expect(throws: ControlError.self) { try await add(service) }
        #expect(taken?.code == .conflict && taken?.field == "name")
        _ = try await service.pause("churn", space: "default", reason: "audit", principal: ada)
        #expect(try await service.repository("churn", space: "default").pause?.reason == "audit")
        let paused = await #expect(throws: ControlError.self) { try await start(service) }
        #expect(paused?.code == .refused && paused?.message.contains("audit") == true)
        #expect(try await service.resume("churn", space: "default", principal: ada).pause == nil)
        let run = try await start(service)
        let open = await #expect(throws: ControlError.self) {
            try await service.remove("churn", space: "default", principal: ada)
        }
        #expect(open?.code == .conflict)
        _ = try await service.cancel(run.number, space: "default", principal: ada)
        try await service.remove("churn", space: "default", principal: ada)
        #expect(try await service.repositories(space: "default").items.isEmpty)
        // Its runs stay, and so does what they were of.
        #expect(try await service.show(run.number, space: "default").repository == added)
        #expect(try await add(service).id != added.id)
    }

    @Test func `what the server's configuration does not let is neither added nor run`() async throws {
        let added = service()
        _ = try await add(added)
        for (other, word) in [(service(allow: []), "git_allow"), (service(commands: false), "--allow-commands")] {
            let error = await #expect(throws: ControlError.self) { try await start(other) }
            #expect(error?.code == .refused && error?.description.contains(word) == true)
        }
        let error = await #expect(throws: ControlError.self) {
            try await service(allow: ["https://"]).add(
                GitRepositoryDraft(name: "b", space: "default", url: "file:///b"), principal: ada)
        }
        #expect(error?.field == "url")
    }

    // MARK: - Runs

    @Test func `a run is kept as it was, and a newer one of the branch takes the place of one that waits`() async throws
    {
        let service = service()
        _ = try await add(service)
        let first = try await start(service)
        let other = try await start(service, ref: "release")
        let second = try await start(service)
        let numbers = [first, other, second].map(\.number)
        #expect(numbers == [1, 2, 3])
        #expect(try await service.show(1, space: "default").life.state == .superseded)
        #expect(try await service.show(2, space: "default").life.state == .queued)
        let page = try await service.list(GitRunFilter(space: "default", repository: "churn"), limit: 2)
        #expect(page.items.map(\.number) == [3, 2] && page.next == "2")
        let rest = try await service.list(GitRunFilter(space: "default"), after: "2")
        #expect(rest.items.map(\.number) == [1] && rest.next == nil)
        #expect(try await service.list(GitRunFilter(space: "default", onlyOpen: true)).items.map(\.number) == [3, 2])
        let missing = await #expect(throws: ControlError.self) { try await service.show(9, space: "default") }
        #expect(missing?.code == .notFound)
    }

    @Test func `a run does its steps in order, with what the ones before came to`() async throws {
        try commit(
            """
            {model: {name: churn, file: m.onnx, dataSet: rows}, data: [{name: rows, file: d.csv}], validate: [echo hello],
             promote: [test, prod], deploy: {space: prod}}
            """)
        let service = service()
        _ = try await service.add(
            try GitRepositoryDraft(
                name: "churn", space: "default", url: "file://" + place.path + "/repository"), principal: ada)
        let refused = try await start(service)
        var run = try await turn(service, refused.number, until: Self.over)
        #expect(run.life.state == .failed && run.life.message.contains("may not act there"), "\(run.life.message)")
        #expect(delivery.asked.isEmpty)
        try await service.remove("churn", space: "default", principal: ada)
        // A repository that reaches them.
        _ = try await store.gitRuns.commit(Mutation(principal: ada, space: "default", idempotency: nil)) {
            try $0.insert(
                GitRepositoryDraft(
                    name: "churn", space: "default", url: "file://" + self.place.path + "/repository",
                    into: ["test", "prod"]), salt: "", by: self.ada)
            return Change(true, event: nil)
        }
        delivery.script.withLock { $0.standing = .open("needs 1 approval") }
        let number = try await start(service).number
        run = try await turn(service, number, until: Self.over.union([.waiting]))
        #expect(run.life.state == .waiting && run.life.message.contains("needs 1 approval"), "\(run.life)")
        #expect(
            try await service.log(number, space: "default", step: "validate", lastBytes: 100).text
                == "$ echo hello\nhello\n")
        // Nothing has changed, so nobody is asked.
        let asked = delivery.asked.count
        for _ in 0..<5 { await service.tick() }
        #expect(delivery.asked.count <= asked + 1)
        delivery.script.withLock { $0.standing = .done("applied") }
        service.looked.withLock { $0[number] = nil }
        run = try await turn(service, number, until: Self.over)
        #expect(run.life.state == .succeeded && run.life.message == "live")
        let steps = delivery.asked.filter { !$0.hasSuffix("9") }
        #expect(
            steps.prefix(3) == [
                "data rows", "push churn trained on rows:4 abc", "promote churn:1 from default to test, 0",
            ])
        #expect(steps.contains("promote churn:1 from test to prod, 0") && steps.last == "deploy churn:1 at churn")
        #expect(!FileManager.default.fileExists(atPath: place.path + "/runs/\(number)/checkout"))
    }

    @Test(arguments: [
        (ControlError(.refused, "frozen"), GitRunLife.State.blocked), (ControlError(.loadFailed, "no"), .failed),
    ])
    func `what a service refuses in the end blocks a run, and what fails there fails it`(
        error: ControlError, state: GitRunLife.State
    ) async throws {
        try commit("{validate: ['true']}")
        let service = service()
        _ = try await add(service)
        let number = try await start(service).number
        let run = try await turn(service, number, until: Self.over)
        #expect(run.life.state == .succeeded, "\(run.life.message)")
        delivery.script.withLock { $0.failure = error }
        var step = RunStep(.deploy, space: "default")
        step.state = .running
        var delivering = run
        delivering.life = GitRunLife()
        let pipeline = try GitPipeline.read(
            try DocumentText.value(yaml: "{model: {name: m, file: x}, deploy: {space: default}}", what: "x"))
        _ = delivering.life.handle(.began, at: run.requestedAt)
        _ = delivering.life.handle(
            .cloned(GitCommit(id: "a", author: "b", subject: ""), pipeline), at: run.requestedAt)
        _ = delivering.life.handle(
            .pushed(PushedVersion(model: "m", number: 1, isNew: true), message: ""), at: run.requestedAt)
        let event = await service.perform(step, of: delivering)
        switch (event, state) {
        case (.blocked, .blocked), (.failed, .failed): break
        default: Issue.record("\(event)")
        }
    }

    @Test func `what a dead server left under way begins again, or is taken up`() async throws {
        try commit("{validate: ['true']}")
        let dead = service()
        _ = try await add(dead)
        let number = try await start(dead).number
        // As a server leaves it that is killed in the clone.
        _ = try await dead.take(number, .began)
        let next = service()
        let run = try await turn(next, number, until: Self.over)
        #expect(run.life.state == .succeeded && run.life.interruptions == 1, "\(run.life)")
    }
}

/// A folder that goes when the test has ended.
final class TestFolder: Sendable {
    let path = (NSTemporaryDirectory() as NSString).standardizingPath + "/slipway-git-\(UUID().uuidString)"

    init() { try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}
