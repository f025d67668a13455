import Deployments
import Journal
import Serving
import Store
import Synchronization
import Testing

/// A unit of work whose snapshots have the generations it is told.
private final class ScriptedStore: UnitOfWork {
    private let database: DeploymentUnitOfWork
    private let generations: Mutex<[Int]>

    init(_ database: DeploymentUnitOfWork, _ generations: [Int]) {
        self.database = database
        self.generations = Mutex(generations)
    }

    func read<Value: Sendable>(
        _ body: @escaping @Sendable (any DeploymentTransaction) throws -> Value
    ) async throws(ControlError) -> Value {
        let value = try await database.read(body)
        guard var snapshot = value as? ServingSnapshot else { return value }
        let next = generations.withLock { $0.isEmpty ? nil : $0.removeFirst() }
        guard let next else { throw ControlError(.unavailable, "no more generations") }
        snapshot.generation = next
        return (snapshot as? Value) ?? value
    }

    func commit<Answer: Codable & Sendable>(
        _ mutation: Mutation, _ body: @escaping @Sendable (any DeploymentTransaction) throws -> Change<Answer>
    ) async throws(ControlError) -> Committed<Answer> { try await database.commit(mutation, body) }

    func replay<Answer: Codable & Sendable>(
        _ mutation: Mutation, as type: Answer.Type
    ) async throws(ControlError) -> Committed<Answer>? { try await database.replay(mutation, as: type) }
}

struct PublisherTests {
    @Test func `many at once share installs, one at a time, and generations never go back`() async throws {
        let dock = try Dock()
        defer { dock.remove() }
        try await dock.push("churn", "one")
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<40 {
                group.addTask {
                    let done = try await dock.deploy("e\(number)", "churn")
                    // By the time a deploy returns, what is installed has it.
                    #expect(dock.plane.live.contains("\(done.endpoint)=churn:1"))
                }
            }
            try await group.waitForAll()
        }
        let generations = dock.plane.installed.map(\.generation)
        #expect(generations == generations.sorted())
        #expect(generations.last == 41)
        #expect(dock.plane.mostInside == 1)
        #expect(generations.count <= 41)
    }

    @Test func `an older generation is never installed`() async throws {
        let dock = try Dock()
        defer { dock.remove() }
        let store = ScriptedStore(dock.store.deployments, [5, 5, 3, 6])
        let publisher = Publisher(store: store, plane: dock.plane)
        try await publisher.publish()
        try await publisher.publish()
        let error = await controlError { try await publisher.publish() }
        #expect(error?.code == .internalFailure)
        #expect(error?.message.contains("5 to 3") == true)
        try await publisher.publish()
        #expect(dock.plane.installed.map(\.generation) == [5, 5, 6])
        // A database that cannot be read is an error for the one who waits, not a publisher that hangs.
        #expect(await controlError { try await publisher.publish() }?.code == .unavailable)
        #expect(await publisher.installed == Generation(6))
    }

    @Test func `one who gives up waiting does not stop the others`() async throws {
        let dock = try Dock()
        defer { dock.remove() }
        try await dock.push("churn", "one")
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await dock.deploy("e", "churn")
        }
        _ = try await task.value
        #expect(dock.plane.live == ["e=churn:1"])
    }
}
