import Foundation
import Journal
import Runtimes
import Serving
import Store
import Testing

@testable import Deployments

struct OptionsTests {
    /// Every option at something else than its default.
    static let unusual = EndpointOptions(
        runtime: RuntimeOptions(intraOpThreads: 3), instances: 4, minInstances: 0, idleSeconds: 17, queueLimit: 99,
        deadlineMilliseconds: 1234, maxBodyBytes: 4321,
        batching: BatchingOptions(maxBatchSize: 32, maxDelayMicroseconds: 250), isolation: .worker,
        workerMemoryBytes: 512 << 20,
        ledger: LedgerOptions(share: 0.25, exclude: ["x"], hash: ["y"], retentionDays: 3, retentionBytes: 32 << 20))

    /// `unusual` with one field back at its default, for each field.
    static let variations: [EndpointOptions] = {
        let changes: [(inout EndpointOptions) -> Void] = [
            { $0.runtime = RuntimeOptions() }, { $0.instances = nil }, { $0.minInstances = 1 },
            { $0.idleSeconds = 300 }, { $0.queueLimit = nil }, { $0.deadlineMilliseconds = 60_000 },
            { $0.maxBodyBytes = 64 << 20 }, { $0.batching = nil }, { $0.batching?.maxDelayMicroseconds = 1000 },
            {
                $0.isolation = nil; $0.workerMemoryBytes = nil
            }, { $0.workerMemoryBytes = nil }, { $0.ledger = nil }, { $0.ledger?.share = 1 },
            { $0.ledger?.exclude = [] }, { $0.ledger?.hash = [] }, { $0.ledger?.retentionDays = 30 },
            { $0.ledger?.retentionBytes = 1 << 30 },
        ]
        return changes.map { change in
            var options = unusual
            change(&options)
            return options
        }
    }()

    private func dock() async throws -> Dock {
        let dock = try Dock()
        try await dock.push("churn", "one")
        return dock
    }

    @Test func `every option is kept, shown and handed to the data plane`() async throws {
        let dock = try await dock()
        defer { dock.remove() }
        #expect(try await dock.deploy("e", "churn", options: Self.unusual).options == Self.unusual)
        #expect(try await dock.deployments.show("e", space: "default").options == Self.unusual)
        #expect(try await dock.deployments.history("e", space: "default").first?.options == Self.unusual)
        let entry = try #require(dock.plane.installed.last?.endpoints.first)
        #expect(entry.options == Self.unusual)
        #expect(entry.isolation == .worker)
        #expect(entry.isolationReason == .deployment)
        // What the next deploy does not give is the default.
        #expect(try await dock.deploy("e", "churn").options == EndpointOptions())
        #expect(dock.plane.installed.last?.endpoints.first?.isolation == .shared)
    }

    @Test func `each option tells one request from another`() async throws {
        let dock = try await dock()
        defer { dock.remove() }
        _ = try await dock.deploy("e", "churn", options: Self.unusual, key: "k")
        #expect(try await dock.deploy("e", "churn", options: Self.unusual, key: "k").revision == 1)
        for (number, other) in Self.variations.enumerated() {
            #expect(other != Self.unusual)
            let reused = await controlError { _ = try await dock.deploy("e", "churn", options: other, key: "k") }
            #expect(reused?.code == .conflict, "variation \(number)")
            // And makes a revision of its own.
            #expect(try await dock.deploy("e", "churn", options: other).revision == number + 2)
        }
    }

    /// `options` with the option called `name` at `value`.
    private static func setting(_ name: String, _ value: Int) -> EndpointOptions? {
        var options = EndpointOptions()
        switch name {
        case "instances": options.instances = value
        case "minInstances": options.minInstances = value
        case "idleSeconds": options.idleSeconds = value
        case "queueLimit": options.queueLimit = value
        case "intraOpThreads": options.runtime.intraOpThreads = value
        case "deadlineMilliseconds": options.deadlineMilliseconds = value
        case "maxBodyBytes": options.maxBodyBytes = value
        case "batching.maxBatchSize": options.batching = BatchingOptions(maxBatchSize: value)
        case "batching.maxDelayMicroseconds":
            options.batching = BatchingOptions(maxBatchSize: 8, maxDelayMicroseconds: value)
        case "ledger.retentionDays": options.ledger = LedgerOptions(retentionDays: value)
        case "ledger.retentionBytes": options.ledger = LedgerOptions(retentionBytes: value)
        case "workerMemoryBytes":
            options.isolation = .worker
            options.workerMemoryBytes = value
        default: return nil
        }
        return options
    }

    @Test func `both ends of a range are taken, what lies beyond is refused by name`() throws {
        for option in OptionRange.all {
            for value in [option.range.lowerBound, option.range.upperBound] {
                try #require(Self.setting(option.name, value)).validate()
            }
            for value in [option.range.lowerBound - 1, option.range.upperBound + 1, Int.min, Int.max] {
                let options = try #require(Self.setting(option.name, value))
                let error = #expect(throws: ControlError.self) { try options.validate() }
                #expect(error?.code == .invalid)
                #expect(error?.field == option.name)
                #expect(error?.message == "\(option.name) is \(value)")
                #expect(error?.hint == "from \(option.range.lowerBound) to \(option.range.upperBound)")
            }
        }
    }

    @Test func `defaults are what nobody sets`() {
        var plain = EndpointOptions()
        plain.batching = BatchingOptions(maxBatchSize: 8)
        plain.ledger = LedgerOptions()
        for option in OptionRange.all where option.name != "batching.maxBatchSize" {
            #expect(option.value(plain) == option.standard, "\(option.name)")
        }
    }

    @Test(arguments: [
        (LedgerOptions(share: 1.5), "ledger.share", "ledger.share is 1.5"),
        (LedgerOptions(share: -0.1), "ledger.share", "ledger.share is -0.1"),
        (LedgerOptions(share: .nan), "ledger.share", "ledger.share is nan"),
        (LedgerOptions(exclude: ["x", "agee"]), "ledger.exclude[1]", "'agee', no input or output of churn:1"),
        (LedgerOptions(hash: ["z"]), "ledger.hash[0]", "'z', no input or output of churn:1"),
        (LedgerOptions(exclude: ["x"], hash: ["x"]), "ledger.hash", "'x', which ledger.exclude has too"),
    ])
    func `a ledger that cannot be kept so is refused by name, and nothing changes`(
        ledger: LedgerOptions, field: String, says: String
    ) async throws {
        let dock = try await dock()
        defer { dock.remove() }
        let error = await controlError {
            _ = try await dock.deploy("e", "churn", options: EndpointOptions(ledger: ledger))
        }
        #expect((error?.code, error?.field) == (.invalid, field))
        #expect(error?.message.contains(says) == true, "\(error?.message ?? "")")
        #expect(dock.plane.prepared.isEmpty)
    }

    @Test func `memory for a worker that there is not is refused`() async throws {
        let dock = try await dock()
        defer { dock.remove() }
        for isolation in [nil, Isolation.shared] {
            let options = EndpointOptions(isolation: isolation, workerMemoryBytes: 512 << 20)
            let error = await controlError { _ = try await dock.deploy("e", "churn", options: options) }
            #expect(error?.code == .invalid)
            #expect(error?.field == "workerMemoryBytes")
        }
        #expect(dock.plane.prepared.isEmpty)
    }
}

/// docs/reference/deployment.md against the code.
struct OptionsPageTests {
    /// Name, flag, default and range of each row of the page's first table.
    private static func rows() throws -> [[String]] {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let page = try String(contentsOf: root.appendingPathComponent("docs/reference/deployment.md"), encoding: .utf8)
        let lines = page.split(separator: "\n", omittingEmptySubsequences: false)
        let start = try #require(lines.firstIndex { $0.hasPrefix("| option |") })
        return lines[(start + 2)...].prefix { $0.hasPrefix("|") }.map { line in
            line.split(separator: "|").map { $0.trimmingCharacters(in: CharacterSet(charactersIn: " `")) }
        }
    }

    @Test func `the page has every option with its default and range, and no other`() throws {
        let rows = try Self.rows()
        let ranges = OptionRange.all.map(\.name)
        let others = ["isolation", "ledger.share", "ledger.exclude", "ledger.hash"]
        #expect(rows.map { $0[0] }.sorted() == (ranges + others).sorted())
        for option in OptionRange.all {
            let row = try #require(rows.first { $0[0] == option.name })
            #expect(row[3] == "\(option.range.lowerBound) to \(option.range.upperBound)")
            if let standard = option.standard {
                #expect(row[2] == String(standard), "\(option.name)")
            } else {
                #expect(Int(row[2]) == nil, "\(option.name)")
            }
        }
        #expect(rows.first { $0[0] == "isolation" }?[3] == "shared`, `worker")
    }
}
