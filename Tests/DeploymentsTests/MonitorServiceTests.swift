import Documents
import Journal
import Monitors
import Store
import Synchronization
import Testing

/// Takes one whole number, and remembers what it was told.
private final class CountingSection: MonitorSection {
    let name = "count"
    let told = Mutex<[String]>([])

    func read(_ value: DocumentValue, at place: String) throws(ControlError) -> DocumentValue? {
        guard case .whole(let number) = value else { throw DocumentFields.wrong(place, "a count", value) }
        return number == 0 ? nil : value
    }

    func apply(_ value: DocumentValue?, endpoint: String, space: String) {
        told.withLock { $0.append("\(space)/\(endpoint) \(value?.json ?? "as usual")") }
    }
}

struct MonitorServiceTests {
    private let section = CountingSection()

    private func service(_ dock: Dock) -> MonitorService {
        MonitorService(store: dock.store.monitors, sections: [section])
    }

    private func set(
        _ yaml: String, _ monitors: MonitorService, key: String? = nil, ifMatch: Int? = nil
    ) async throws -> MonitorSpecification {
        try await monitors.set(
            DocumentText.value(yaml: yaml, what: "monitor"), of: "churn", space: "default", principal: .local,
            idempotencyKey: key, ifMatch: ifMatch)
    }

    private func deployed() async throws -> Dock {
        let dock = try Dock()
        try await dock.push("churn", "one")
        _ = try await dock.deploy("churn", "churn")
        return dock
    }

    @Test func `what is set is the next revision, holds at once, and is kept with who set it`() async throws {
        let dock = try await deployed()
        defer { dock.remove() }
        let monitors = service(dock)
        #expect(try await monitors.specification(of: "churn", space: "default") == MonitorSpecification())
        #expect(try await set("count: 3", monitors).revision == 1)
        #expect(try await set("count: 3", monitors).revision == 1)
        #expect(try await set("count: 0", monitors).document == .mapping([:]))
        let all = try await monitors.revisions(of: "churn", space: "default").items
        #expect(all.map(\.revision) == [2, 1])
        #expect(all.map(\.setBy) == ["local", "local"])
        #expect(section.told.withLock(\.self).last == "default/churn as usual")
    }

    @Test func `after a restart it holds again`() async throws {
        let dock = try await deployed()
        defer { dock.remove() }
        _ = try await set("count: 3", service(dock))
        section.told.withLock { $0 = [] }
        try await service(dock).restore()
        #expect(section.told.withLock(\.self) == ["default/churn 3"])
    }

    @Test(arguments: [
        ("count: x", "'count' must be a count, not a text"),
        ("cuont: 1", "'cuont' means nothing here"),
        ("- 1", "the monitor must be a mapping of names to values, not a list"),
    ])
    func `what cannot be meant is refused with its place, and changes nothing`(yaml: String, message: String)
        async throws
    {
        let dock = try await deployed()
        defer { dock.remove() }
        let monitors = service(dock)
        let error = await #expect(throws: ControlError.self) { try await set(yaml, monitors) }
        #expect(error?.message == message)
        #expect(try await monitors.specification(of: "churn", space: "default").revision == 0)
    }

    @Test func `of two who change the same revision one is told so`() async throws {
        let dock = try await deployed()
        defer { dock.remove() }
        let monitors = service(dock)
        _ = try await set("count: 1", monitors, ifMatch: 0)
        let error = await #expect(throws: ControlError.self) { try await set("count: 2", monitors, ifMatch: 0) }
        #expect(error?.code == .conflict)
        #expect(try await monitors.specification(of: "churn", space: "default").section("count") == .whole(1))
    }

    @Test func `an endpoint at which nothing is deployed is not watched`() async throws {
        let dock = try Dock()
        defer { dock.remove() }
        let error = await #expect(throws: ControlError.self) { try await set("count: 1", service(dock)) }
        #expect(error?.code == .notFound)
    }
}
