import Experiments
import Journal
import Store
import Testing

/// Searching what is stored; the language itself has tests of its own.
@Suite struct RunSearchTests {
    private func names(
        _ bench: TrackingBench, _ filter: String = "", order: [String] = [], view: LifecycleView = .active,
        offset: Int = 0, limit: Int = 100
    ) async throws -> [String] {
        let query = RunQuery(
            space: "default", experiments: [.ofDefault], view: view, filter: try SearchFilter(filter, for: .runs),
            order: try order.map { try SearchOrder($0, for: .runs) })
        return try await bench.runs.search(query, offset: offset, limit: limit).items.map(\.info.name)
    }

    private func benchWithRuns() async throws -> TrackingBench {
        let bench = try TrackingBench()
        for number in 0..<6 {
            let run = try await bench.runs.create(
                RunService.Order(
                    experiment: .ofDefault, name: "r\(number)", user: "ada", startedAt: 100 + number,
                    tags: number % 2 == 0 ? ["even": "yes"] : [:]),
                space: "default", principal: .local)
            var entry = RunLog.Entry(run: run.info.id, space: "default")
            entry.metrics =
                number == 5 ? [] : [MetricPoint(key: "acc", value: number == 3 ? .nan : Double(number), timestamp: 1)]
            entry.params = [("depth", "\(number % 3)")]
            try await bench.runs.log.write(entry, principal: .local)
        }
        return bench
    }

    @Test func `without an order those begun last come first, in pages`() async throws {
        let bench = try await benchWithRuns()
        #expect(try await names(bench) == ["r5", "r4", "r3", "r2", "r1", "r0"])
        #expect(try await names(bench, offset: 4) == ["r1", "r0"])
        #expect(try await names(bench, offset: Int.max) == [])
        let query = RunQuery(
            space: "default", experiments: [.ofDefault], view: .active, filter: SearchFilter([]), order: [])
        let page = try await bench.runs.search(query, offset: 0, limit: 4)
        #expect(page.next == 4)
        #expect(try await bench.runs.search(query, offset: 4, limit: 4).next == nil)
    }

    @Test func `filters see metrics, parameters, tags and attributes`() async throws {
        let bench = try await benchWithRuns()
        #expect(try await names(bench, "metrics.acc > 1") == ["r4", "r2"])
        #expect(try await names(bench, "params.depth = '0'") == ["r3", "r0"])
        #expect(try await names(bench, "tags.even = 'yes' AND metrics.acc < 4") == ["r2", "r0"])
        #expect(try await names(bench, "run_name LIKE 'r%' AND start_time >= 104") == ["r5", "r4"])
        #expect(try await names(bench, "tags.even IS NULL") == ["r5", "r3", "r1"])
        #expect(try await names(bench, "user_id = 'ada' AND status = 'FINISHED'") == [])
    }

    @Test func `an order puts what is no number and what is missing last`() async throws {
        let bench = try await benchWithRuns()
        #expect(try await names(bench, order: ["metrics.acc ASC"]) == ["r0", "r1", "r2", "r4", "r3", "r5"])
        #expect(try await names(bench, order: ["metrics.acc DESC"]) == ["r4", "r2", "r1", "r0", "r3", "r5"])
        #expect(
            try await names(bench, order: ["params.depth DESC", "start_time ASC"]) == [
                "r2", "r5", "r1", "r4", "r0", "r3",
            ])
    }

    @Test(arguments: ["'; DROP TABLE tracked_run; --", "%' OR '1'='1", "\\", "\u{0}"])
    func `nothing that a client writes becomes a statement`(text: String) async throws {
        let bench = try await benchWithRuns()
        let quoted = text.contains("'") ? "\"\(text)\"" : "'\(text)'"
        for filter in ["tags.even = \(quoted)", "run_name LIKE \(quoted)", "tags.`\(text)` = 'x'"] {
            // Refused as no filter or found to match nothing: either way everything is still there.
            _ = try? await names(bench, filter)
        }
        #expect(try await names(bench).count == 6)
    }

    @Test func `experiments of other spaces, and what is deleted, are not found`() async throws {
        let bench = try await benchWithRuns()
        let query = RunQuery(
            space: "other", experiments: [.ofDefault], view: .all, filter: SearchFilter([]), order: [])
        #expect(try await bench.runs.search(query, offset: 0, limit: 10).items.isEmpty)
        let id = try await bench.experiments.create(
            "mine", location: nil, tags: [:], space: "default", principal: .local)
        let run = try await bench.newRun(id)
        try await bench.experiments.delete(id, space: "default", principal: .local)
        #expect(try await bench.runs.run(run, space: "default").info.isDeleted)
        let refused1 = await refusal { _ = try await bench.newRun(id) }
        #expect(refused1?.code == .invalid)
        try await bench.experiments.restore(id, space: "default", principal: .local)
        #expect(try await !bench.runs.run(run, space: "default").info.isDeleted)
    }
}
