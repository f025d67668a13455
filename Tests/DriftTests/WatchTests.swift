import Statistics
import Testing

@testable import Drift

/// The machine that fills windows and judges them.
@Suite struct WatchTests {
    private static let features = [
        Feature(role: .input, tensor: "x", column: 0, aspect: .number, label: "x"),
        Feature(role: .input, tensor: "t", column: 0, aspect: .text, label: "t"),
    ]

    private func watch(reference: Int = 400) -> DriftWatch {
        var rules = DriftRules()
        rules.referenceRows = reference
        return DriftWatch(Self.features, references: [], rules: rules)
    }

    private func fill(
        _ watch: inout DriftWatch, rows: Int, shift: Double = 0, seed: UInt64, text: (Int) -> String = { "\($0 % 3)" }
    ) {
        var random = Xoshiro256(seed: seed)
        for row in 0..<rows {
            watch.add(random.normal() + shift, at: 0)
            watch.add(text(row), at: 1)
            watch.endRow()
        }
    }

    @Test func `the first rows become the reference, and only what comes after is held against it`() {
        var watch = watch()
        fill(&watch, rows: 399, seed: 1)
        #expect(watch.missingRows == 1 && watch.reference(at: 0).rows == 0)
        let early = watch.pass(seconds: 90_000, now: 0)
        #expect(early == nil)
        fill(&watch, rows: 1, seed: 2)
        #expect(watch.missingRows == 0 && watch.reference(at: 0) == (.firstRows, 400))
        #expect(watch.rows == 0 && watch.seconds == 0)
    }

    @Test(arguments: [
        (rows: 2_000, seconds: 9.0, false), (2_000, 10, true), (1_999, 10, false), (200, 3_600, true),
        (199, 3_600, false), (50, 86_400, true), (49, 86_400, false),
    ])
    func `a window closes by rows and by time`(_ rows: Int, _ seconds: Double, _ isOver: Bool) {
        var watch = watch()
        fill(&watch, rows: 400, seed: 1)
        fill(&watch, rows: rows, seed: 2)
        let finding = watch.pass(seconds: seconds, now: 5)
        #expect((finding != nil) == isOver)
        #expect(watch.rows == (isOver ? 0 : rows))
        if let finding { #expect(finding.rows == rows && finding.seconds == seconds && finding.closedAt == 5) }
    }

    @Test func `a wall clock that jumps by an hour neither closes nor loses a window`() {
        var (steady, jumping) = (watch(), watch())
        for watch in [0, 1] {
            func step(_ machine: inout DriftWatch) -> [WindowFinding] {
                fill(&machine, rows: 400, seed: 1)
                return (0..<7_200).compactMap { second in
                    if second % 10 == 0 { fill(&machine, rows: 1, seed: UInt64(second)) { _ in "\(second / 10 % 3)" } }
                    // An hour ahead, and later an hour back.
                    let jump = watch == 0 ? 0 : (1_000..<5_000).contains(second) ? 3_600 : 0
                    return machine.pass(seconds: 1, now: (second + jump) * 1_000_000)
                }
            }
            let windows = watch == 0 ? step(&steady) : step(&jumping)
            #expect(windows.map(\.rows) == [360, 360])
            #expect(windows.allSatisfy { $0.verdict == .stable })
        }
        #expect(steady.last?.features == jumping.last?.features)
    }

    @Test func `drift is found, named and counted, and goes away again`() throws {
        var watch = watch(reference: 1_000)
        fill(&watch, rows: 1_000, seed: 1)
        fill(&watch, rows: 2_000, shift: 0.6, seed: 2)
        let closed1 = watch.pass(seconds: 600, now: 0)
        let first = try #require(closed1)
        #expect(first.features.map(\.verdict) == [.drift, .stable])
        #expect(first.inARow == 1 && first.alpha < 2e-5)
        fill(&watch, rows: 2_000, seed: 3) { $0 % 5 == 0 ? "new" : "\($0 % 3)" }
        let closed2 = watch.pass(seconds: 600, now: 0)
        let second = try #require(closed2)
        #expect(second.features.map(\.verdict) == [.stable, .drift])
        #expect(second.inARow == 2)
        #expect(second.features[1].newCategory == "new" && second.features[1].newShare == 0.2)
        fill(&watch, rows: 2_000, seed: 4)
        #expect(watch.pass(seconds: 600, now: 0)?.inARow == 0)
    }

    @Test func `however many rows there are, what hardly differs is no drift`() throws {
        var watch = watch(reference: 50_000)
        fill(&watch, rows: 50_000, seed: 1)
        fill(&watch, rows: 200_000, shift: 0.05, seed: 2)
        let closed3 = watch.pass(seconds: 3_600, now: 0)
        let finding = try #require(closed3)
        #expect(finding.features[0].verdict == .stable)
        #expect((finding.features[0].kolmogorovSmirnov ?? 0) > 0.01)
    }

    @Test func `values that go missing are drift of their own`() throws {
        var watch = watch(reference: 1_000)
        fill(&watch, rows: 1_000, seed: 1)
        var random = Xoshiro256(seed: 2)
        for row in 0..<500 {
            watch.add(row % 10 == 0 ? .nan : random.normal(), at: 0)
            watch.add(row % 10 == 0 ? "" : "\(row % 3)", at: 1)
            watch.endRow()
        }
        let closed4 = watch.pass(seconds: 3_600, now: 0)
        let finding = try #require(closed4)
        #expect(finding.features.map(\.verdict) == [.drift, .drift])
        #expect(finding.features.map(\.strongest) == [.missing, .missing])
        #expect(finding.features[0].missing == 0.1)
    }

    @Test func `thirty features, their reference and their window take far less than two megabytes`() {
        let features = (0..<30).flatMap { column in
            [
                Feature(role: .input, tensor: "x", column: column, aspect: .number, label: "x[\(column)]"),
                Feature(role: .input, tensor: "t", column: column, aspect: .text, label: "t[\(column)]"),
            ]
        }
        var watch = DriftWatch(features, references: [])
        var random = Xoshiro256(seed: 1)
        var most = 0
        for row in 0..<3_000 {
            for column in 0..<30 {
                watch.add(random.normal(), at: 2 * column)
                watch.add("category \(random.below(200)) of column \(column)", at: 2 * column + 1)
            }
            watch.endRow()
            if row % 100 == 0 || row == 999 || row == 1_000 { most = max(most, watch.byteCount) }
        }
        _ = watch.pass(seconds: 3_600, now: 0)
        most = max(most, watch.byteCount)
        // Which leaves 256 KiB for what waits to be looked at.
        #expect(most + (256 << 10) < 2_000_000, "\(most)")
    }
}
