import Foundation
import Serving
import Statistics
import Tensors
import Testing

@testable import Drift

/// The service as a whole, pass by pass: from predictions to findings, over restarts.
@Suite struct ServiceTests {
    private func feed(
        _ workshop: DriftWorkshop, _ tap: any PredictionObserver, seconds: Int, rowsPerSecond: Int = 100,
        shift: Double = 0,
        _ random: inout Xoshiro256, jump: (Int) -> Int = { _ in 0 }
    ) {
        for second in 0..<seconds {
            if tap.isListening { tap.observe(DriftWorkshop.rows(rowsPerSecond, shift: shift, &random)) }
            workshop.run()
            workshop.clocks.pass(seconds: 1, jump: jump(second))
        }
        workshop.run()
    }

    private func answer(_ workshop: DriftWorkshop) async throws -> VersionDrift {
        try #require(await workshop.service.answer(space: "default", endpoint: "churn", windows: 100).first)
    }

    @Test func `the first rows become the reference, and drift is found after them and not before`() async throws {
        let workshop = DriftWorkshop()
        let tap = try #require(workshop.service.observer(of: DriftWorkshop.entry(), as: nil))
        workshop.run()
        var random = Xoshiro256(seed: 1)
        feed(workshop, tap, seconds: 10, &random)
        #expect(try await answer(workshop).missingRows == 0)
        feed(workshop, tap, seconds: 45, &random)
        var found = try await answer(workshop)
        #expect(found.windows.count == 2 && found.windows.allSatisfy { $0.verdict == .stable && $0.rows == 2_000 })
        #expect(found.features.map(\.source) == [.firstRows, .firstRows, .firstRows])
        #expect(found.features.map(\.referenceRows) == [1_000, 1_000, 1_000] && found.dropped == 0)
        feed(workshop, tap, seconds: 45, shift: 1, &random)
        found = try await answer(workshop)
        #expect(found.last?.verdict == .drift && (found.last?.inARow ?? 0) >= 1)
        let reading = try #require(workshop.service.latest(space: "default", endpoint: "churn", version: 1))
        #expect(reading.verdict == .drift && reading.drifted == 3 && reading.largestIndex > 0.2)
        #expect(reading.number == found.last?.number && reading.source == .firstRows)
        withExtendedLifetime(tap) {}
    }

    @Test func `a pushed reference is there from the first row on`() async throws {
        var random = Xoshiro256(seed: 1)
        var text = "x[0],x[1],output:y\n"
        for _ in 0..<3_000 {
            let (a, b) = (random.normal(), random.normal())
            text += "\(a),\(b),\(a + b)\n"
        }
        var reader = ReferenceReader(isCSV: true)
        try Array(text.utf8).withUnsafeBytes { try reader.take($0) }
        let workshop = DriftWorkshop(profile: try reader.finish().encoded)
        let tap = try #require(workshop.service.observer(of: DriftWorkshop.entry(), as: nil))
        workshop.run()
        feed(workshop, tap, seconds: 21, &random)
        let found = try await answer(workshop)
        #expect(found.missingRows == 0 && found.features.map(\.source) == [.file, .file, .file])
        #expect(found.last?.verdict == .stable && found.features.map(\.referenceRows) == [3_000, 3_000, 3_000])
        withExtendedLifetime(tap) {}
    }

    @Test func `a profile that cannot be read leaves the first rows`() async throws {
        let workshop = DriftWorkshop(profile: [1, 2, 3])
        let tap = try #require(workshop.service.observer(of: DriftWorkshop.entry(), as: nil))
        workshop.run()
        #expect(try await answer(workshop).missingRows == 1_000)
        withExtendedLifetime(tap) {}
    }

    @Test func `a server that is killed loses what came in its last half second at most`() async throws {
        let workshop = DriftWorkshop()
        var random = Xoshiro256(seed: 2)
        do {
            let tap = try #require(workshop.service.observer(of: DriftWorkshop.entry(), as: nil))
            workshop.run()
            feed(workshop, tap, seconds: 14, &random)
            // Half a second has not passed since: this is not written yet.
            tap.observe(DriftWorkshop.rows(30, &random))
            workshop.run()
        }
        let before = try await answer(workshop)
        #expect(before.window.rows == 430)
        workshop.restart()
        // Not asked yet: read from disk.
        #expect(try await answer(workshop).window.rows == 400)
        let tap = try #require(workshop.service.observer(of: DriftWorkshop.entry(), as: nil))
        workshop.run()
        let after = try await answer(workshop)
        #expect(after.window.rows == 400 && after.missingRows == 0 && after.window.number == before.window.number)
        feed(workshop, tap, seconds: 18, &random)
        #expect(try await answer(workshop).last?.verdict == .stable)
        withExtendedLifetime(tap) {}
    }

    @Test func `clock jumps of an hour neither lose a window nor make one`() async throws {
        let (steady, jumping) = (DriftWorkshop(), DriftWorkshop())
        var all: [[Int]] = []
        for workshop in [steady, jumping] {
            let tap = try #require(workshop.service.observer(of: DriftWorkshop.entry(), as: nil))
            var random = Xoshiro256(seed: 3)
            workshop.run()
            feed(workshop, tap, seconds: 100, &random) { second in
                workshop === steady ? 0 : second == 30 ? 3_600 : second == 60 ? -3_600 : 0
            }
            let windows = try await answer(workshop).windows
            #expect(windows.allSatisfy { $0.verdict == .stable })
            all.append(windows.map(\.rows))
        }
        #expect(all[0] == all[1] && all[0].count == 4)
    }

    @Test func `another model under the name, and the end of a space, begin anew`() async throws {
        let workshop = DriftWorkshop()
        var random = Xoshiro256(seed: 4)
        var tap = try #require(workshop.service.observer(of: DriftWorkshop.entry(), as: nil))
        workshop.run()
        feed(workshop, tap, seconds: 12, &random)
        #expect(try await answer(workshop).window.rows > 0)
        tap = try #require(workshop.service.observer(of: DriftWorkshop.entry(digest: "other"), as: nil))
        workshop.run()
        #expect(try await answer(workshop).missingRows == 1_000)
        await workshop.service.remove(space: "default")
        #expect(await workshop.service.answer(space: "default", endpoint: "churn").isEmpty)
        tap.observe(DriftWorkshop.rows(10, &random))
        workshop.run(isLast: true)
        #expect(!FileManager.default.fileExists(atPath: workshop.folder + "/default/churn"))
    }

    @Test func `an endpoint whose monitor has drift switched off takes no rows`() async throws {
        let workshop = DriftWorkshop()
        let tap = try #require(workshop.service.observer(of: DriftWorkshop.entry(), as: nil))
        workshop.run()
        #expect(tap.isListening)
        workshop.service.configure(space: "default", endpoint: "churn", settings: DriftSettings(isEnabled: false))
        workshop.run()
        #expect(!tap.isListening)
        #expect(!workshop.service.isEnabled(space: "default", endpoint: "churn"))
        workshop.service.configure(space: "default", endpoint: "churn", settings: DriftSettings())
        workshop.clocks.pass(seconds: 10)
        workshop.run()
        #expect(tap.isListening)
    }

    @Test func `rules hold from the moment they are set`() async throws {
        let workshop = DriftWorkshop()
        let tap = try #require(workshop.service.observer(of: DriftWorkshop.entry(), as: nil))
        var rules = DriftRules()
        (rules.fullRows, rules.shortest, rules.referenceRows) = (100, 2, 200)
        workshop.service.configure(space: "default", endpoint: "churn", settings: DriftSettings(rules: rules))
        workshop.run()
        var random = Xoshiro256(seed: 5)
        feed(workshop, tap, seconds: 20, &random)
        #expect(try await answer(workshop).windows.count >= 5)
    }

    @Test func `a full disk loses no rows that are in memory, and is written again`() async throws {
        let isFull = Flag()
        let workshop = DriftWorkshop(
            calls: RecordFileCalls(write: { file, bytes in
                guard isFull.isOn else { return write(file, bytes.baseAddress, bytes.count) }
                errno = ENOSPC
                return -1
            }))
        let tap = try #require(workshop.service.observer(of: DriftWorkshop.entry(), as: nil))
        workshop.run()
        var random = Xoshiro256(seed: 6)
        feed(workshop, tap, seconds: 8, &random)
        isFull.isOn = true
        feed(workshop, tap, seconds: 8, &random)
        #expect(try await answer(workshop).window.rows == 600)
        isFull.isOn = false
        feed(workshop, tap, seconds: 2, &random)
        workshop.restart()
        #expect(try await answer(workshop).window.rows == 800)
    }

    @Test func `thirty features, what waits for them and what is written take less than two megabytes`() async throws {
        let signature = Signature(
            inputs: [TensorSpec(name: "x", elementType: .fp64, shape: [.symbolic("n"), .fixed(27)])],
            outputs: [TensorSpec(name: "y", elementType: .fp64, shape: [.symbolic("n"), .fixed(3)])])
        var entry = DriftWorkshop.entry()
        entry.description.signature = signature
        let workshop = DriftWorkshop()
        let tap = try #require(workshop.service.observer(of: entry, as: nil))
        workshop.run()
        var random = Xoshiro256(seed: 8)
        var most = 0
        for _ in 0..<40 {
            for _ in 0..<4 {
                let x = (0..<27 * 25).map { _ in random.normal() }
                let y = (0..<3 * 25).map { _ in random.normal() }
                tap.observe(
                    DriftWorkshop.prediction(
                        [DriftWorkshop.tensor("x", x, rows: 25)], [DriftWorkshop.tensor("y", y, rows: 25)]))
            }
            workshop.run()
            workshop.clocks.pass(seconds: 1)
            most = max(most, try await answer(workshop).bytes)
        }
        // The lines of two event loops that are full, what the thread has in hand, and the bytes of a file.
        let waiting = 3 * (DriftQueue.lineBytes + 30 * 8 * 25)
        let written =
            try FileManager.default.contentsOfDirectory(atPath: workshop.folder + "/default/churn").map {
                try FileManager.default.attributesOfItem(atPath: workshop.folder + "/default/churn/" + $0)[.size]
                    as? Int ?? 0
            }.max() ?? 0
        #expect(most + waiting + 2 * written < 2_000_000, "\(most) + \(waiting) + \(written)")
    }

    private final class Flag: @unchecked Sendable { var isOn = false }
}
