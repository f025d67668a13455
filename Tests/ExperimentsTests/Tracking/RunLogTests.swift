import Experiments
import Journal
import Store
import Testing

/// What runs log: whole or not at all, in one transaction with what others log.
@Suite struct RunLogTests {
    private func entry(_ run: String, _ fill: (inout RunLog.Entry) -> Void) -> RunLog.Entry {
        var entry = RunLog.Entry(run: run, space: "default")
        fill(&entry)
        return entry
    }

    @Test func `an entry that is refused leaves nothing behind, and its neighbours alone`() async throws {
        let bench = try TrackingBench()
        let run = try await bench.newRun()
        try await bench.runs.log.write(entry(run) { $0.params = [("lr", "0.1")] }, principal: .local)
        // All at once, so that they share transactions.
        let answers = await withTaskGroup(of: (Int, ControlError?).self, returning: [Int: ControlError?].self) {
            group in
            for number in 0..<100 {
                group.addTask {
                    let bad = number % 10 == 0
                    let entry = self.entry(run) { entry in
                        entry.metrics = [MetricPoint(key: "m", value: Double(number), timestamp: number, step: number)]
                        if bad { entry.params = [("lr", "0.2"), ("new\(number)", "x")] }
                    }
                    return (number, await refusal { try await bench.runs.log.write(entry, principal: .local) })
                }
            }
            return await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }
        for (number, error) in answers {
            #expect((error?.code == .invalid) == (number % 10 == 0))
            if let error { #expect(error.message.contains("cannot be changed") && error.message.contains("0.1")) }
        }
        let found = try await bench.runs.run(run, space: "default")
        #expect(found.params == ["lr": "0.1"])
        let history = try await bench.runs.history(of: "m", run: run, space: "default", offset: 0, limit: 1000)
        #expect(history.items.map(\.step) == (0..<100).filter { $0 % 10 != 0 })
        #expect(found.metrics.map(\.value) == [99])
    }

    @Test func `the latest value of a metric has the highest step, then time, then value`() async throws {
        let bench = try TrackingBench()
        let run = try await bench.newRun()
        let points = [(5.0, 10, 2), (9.0, 99, 1), (4.0, 11, 2), (6.0, 11, 2), (1.0, 10, 2)]
        for (value, time, step) in points {
            try await bench.runs.log.write(
                entry(run) { $0.metrics = [MetricPoint(key: "m", value: value, timestamp: time, step: step)] },
                principal: .local)
        }
        let latest = try await bench.runs.run(run, space: "default").metrics
        #expect(latest == [MetricPoint(key: "m", value: 6, timestamp: 11, step: 2)])
    }

    @Test func `the same point twice is one, and what is no number or has no end comes back`() async throws {
        let bench = try TrackingBench()
        let run = try await bench.newRun()
        let values = [Double.nan, .infinity, -.infinity, .leastNonzeroMagnitude, 1.7976931348623157e308]
        for _ in 0..<2 {
            try await bench.runs.log.write(
                entry(run) { entry in
                    entry.metrics = values.enumerated().map {
                        MetricPoint(key: "v", value: $0.element, timestamp: $0.offset, step: 0)
                    }
                }, principal: .local)
        }
        let history = try await bench.runs.history(of: "v", run: run, space: "default", offset: 0, limit: 100)
        #expect(history.items.count == values.count)
        #expect(history.items.map(\.value.description) == values.map(\.description))
    }

    @Test func `a batch has limits, and each is named`() async throws {
        let bench = try TrackingBench()
        let run = try await bench.newRun()
        func metrics(_ count: Int) -> [MetricPoint] {
            (0..<count).map { MetricPoint(key: "m", value: 0, timestamp: $0) }
        }
        func pairs(_ count: Int) -> [(key: String, value: String)] { (0..<count).map { ("k\($0)", "v") } }
        let cases = [
            (metrics: 1001, params: 0, tags: 0, what: "1000 metrics"),
            (metrics: 0, params: 101, tags: 0, what: "100 params"),
            (metrics: 0, params: 0, tags: 101, what: "100 tags"),
            (metrics: 950, params: 51, tags: 0, what: "1000 metrics, params and tags"),
            (metrics: 900, params: 100, tags: 0, what: ""),
        ]
        for item in cases {
            let batch = entry(run) { entry in
                entry.metrics = metrics(item.metrics)
                entry.params = pairs(item.params)
                entry.tags = pairs(item.tags)
            }
            let error = await refusal { try await bench.runs.log.write(batch, principal: .local) }
            #expect((error == nil) == item.what.isEmpty)
            if let error { #expect(error.code == .invalid && error.message.contains("at most \(item.what)")) }
        }
    }

    @Test(arguments: [
        "", "a//b", "/a", "a/", "../a", "a/./b", "a#b", "a\nb", "a\u{0}b", String(repeating: "k", count: 251),
    ])
    func `a key that is none is refused`(key: String) async throws {
        let bench = try TrackingBench()
        let run = try await bench.newRun()
        let batches = [
            entry(run) { $0.metrics = [MetricPoint(key: key, value: 0, timestamp: 0)] },
            entry(run) { $0.params = [(key, "x")] }, entry(run) { $0.tags = [(key, "x")] },
        ]
        for batch in batches {
            let error = await refusal { try await bench.runs.log.write(batch, principal: .local) }
            #expect(error?.code == .invalid)
        }
    }

    @Test(arguments: ["loss", "train/loss: best", "a.b-c_d e", "größe", String(repeating: "k", count: 250)])
    func `a key as clients use them is taken`(key: String) async throws {
        let bench = try TrackingBench()
        let run = try await bench.newRun()
        try await bench.runs.log.write(entry(run) { $0.params = [(key, "x")] }, principal: .local)
        #expect(try await bench.runs.run(run, space: "default").params == [key: "x"])
    }

    @Test func `what is too long is cut, by characters`() async throws {
        let bench = try TrackingBench()
        let run = try await bench.newRun()
        try await bench.runs.log.write(
            entry(run) { entry in
                entry.params = [("p", String(repeating: "é", count: 7000))]
                entry.tags = [("t", String(repeating: "x", count: 9000))]
            }, principal: .local)
        let found = try await bench.runs.run(run, space: "default")
        #expect(found.params["p"]?.unicodeScalars.count == 6000)
        #expect(found.tags["t"]?.count == 8000)
    }

    @Test func `logging makes no audit event and no generation`() async throws {
        let bench = try TrackingBench()
        let run = try await bench.newRun()
        let before = try await bench.store.generation()
        try await bench.runs.log.write(
            entry(run) { $0.metrics = [MetricPoint(key: "m", value: 1, timestamp: 1)] }, principal: .local)
        #expect(try await bench.store.generation() == before)
        _ = try await bench.runs.update(
            run, status: .finished, endedAt: 5, name: nil, space: "default", principal: .local)
        // An end is told once.
        _ = try await bench.runs.update(
            run, status: .failed, endedAt: 6, name: nil, space: "default", principal: .local)
        #expect(try await bench.actions.sorted() == ["tracking.begin", "tracking.end"])
    }

    @Test func `a deleted run takes nothing, and one of another space is not there`() async throws {
        let bench = try TrackingBench()
        let run = try await bench.newRun()
        try await bench.runs.delete(run, space: "default", principal: .local)
        let order = entry(run) { $0.tags = [("t", "x")] }
        let deleted = await refusal { try await bench.runs.log.write(order, principal: .local) }
        #expect(deleted?.code == .invalid)
        try await bench.runs.restore(run, space: "default", principal: .local)
        try await bench.runs.log.write(order, principal: .local)
        let elsewhere = entry(run) { $0.space = "elsewhere" }
        let missing = await refusal { try await bench.runs.log.write(elsewhere, principal: .local) }
        #expect(missing?.code == .notFound)
    }

    @Test func `models that a run notes are gathered in one tag`() async throws {
        let bench = try TrackingBench()
        let run = try await bench.newRun()
        for name in ["a", "b"] {
            try await bench.runs.log.write(entry(run) { $0.modelNote = #"{"name":"\#(name)"}"# }, principal: .local)
        }
        let tags = try await bench.runs.run(run, space: "default").tags
        #expect(tags["mlflow.log-model.history"] == #"[{"name":"a"},{"name":"b"}]"#)
        let error = await refusal {
            try await bench.runs.log.write(entry(run) { $0.modelNote = "[]" }, principal: .local)
        }
        #expect(error?.field == "model_json")
    }
}
