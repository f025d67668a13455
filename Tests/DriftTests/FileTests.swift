import Foundation
import Serving
import Statistics
import Testing

@testable import Drift

/// What is on disk, whole, cut off or damaged.
@Suite struct FileTests {
    private static let features = [
        Feature(role: .input, tensor: "x", column: 0, aspect: .number, label: "x"),
        Feature(role: .input, tensor: "t", column: 0, aspect: .text, label: "t"),
        Feature(role: .input, tensor: "t", column: 0, aspect: .length, label: "t (length)"),
    ]
    private let folder = NSTemporaryDirectory() + "slipway-drift-files-\(UUID().uuidString)"
    private var files: WatchFiles { WatchFiles(folder: folder, version: 3, calls: RecordFileCalls()) }

    private func watch(reference: Int = 400) -> DriftWatch {
        var rules = DriftRules()
        rules.referenceRows = reference
        return DriftWatch(Self.features, references: [], rules: rules)
    }

    private func fill(_ watch: inout DriftWatch, rows: Int, seed: UInt64) {
        var random = Xoshiro256(seed: seed)
        for _ in 0..<rows {
            let text = "category \(random.below(5))"
            watch.add(random.below(20) == 0 ? .nan : random.normal(), at: 0)
            watch.add(text, at: 1)
            watch.add(Double(text.utf8.count), at: 2)
            watch.endRow()
        }
    }

    private func read() -> DriftWatch? { files.read(nil, digest: "", rules: watch().rules)?.watch }

    @Test(arguments: [0, 1, 399, 400, 401, 3_000])
    func `a watch is read as it was written, wherever it stands`(_ rows: Int) throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var watch = watch()
        fill(&watch, rows: rows, seed: 5)
        let bytes = RecordBytes()
        let mark = try files.put(referenceOf: watch, digest: "d", using: bytes)
        try files.put(windowOf: watch, mark: mark, using: bytes)
        var found = try #require(read())
        #expect(found.rows == watch.rows && found.collected == watch.collected && found.number == watch.number)
        // It goes on as the other one would: the same rows make the same window.
        fill(&found, rows: 2_400, seed: 6)
        fill(&watch, rows: 2_400, seed: 6)
        let (one, other) = (found.pass(seconds: 3_600, now: 0), watch.pass(seconds: 3_600, now: 0))
        #expect(one != nil && one?.rows == other?.rows)
        for (a, b) in zip(one?.features ?? [], other?.features ?? []) {
            #expect(a.verdict == b.verdict && a.rows == b.rows && a.referenceRows == b.referenceRows)
            #expect(abs((a.stabilityIndex ?? 0) - (b.stabilityIndex ?? 0)) < 0.02)
        }
    }

    @Test func `a window that is cut off at any byte gives way to the one before it`() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var watch = watch()
        fill(&watch, rows: 500, seed: 1)
        let bytes = RecordBytes()
        let mark = try files.put(referenceOf: watch, digest: "d", using: bytes)
        try files.put(windowOf: watch, mark: mark, using: bytes)
        fill(&watch, rows: 100, seed: 2)
        try files.put(windowOf: watch, mark: mark, using: bytes)
        let path = folder + "/3.window"
        let whole = try #require(FileManager.default.contents(atPath: path))
        #expect(read()?.rows == 200)
        for length in [0, 1, 15, 16, 17, 20] + Array(stride(from: 24, to: whole.count, by: 5)) + [whole.count - 1] {
            try whole.prefix(length).write(to: URL(filePath: path))
            #expect(read()?.rows == 100)
        }
        var random = Xoshiro256(seed: 9)
        for _ in 0..<300 {
            var damaged = whole
            damaged[random.below(whole.count)] ^= UInt8(1 + random.below(255))
            try damaged.write(to: URL(filePath: path))
            #expect(read()?.rows == 100)
        }
        try FileManager.default.removeItem(atPath: path)
        #expect(read()?.rows == 100)
    }

    @Test func `bytes that are well sealed and mean nothing are no watch, and harm nobody`() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var watch = watch()
        fill(&watch, rows: 500, seed: 1)
        let bytes = RecordBytes()
        let mark = try files.put(referenceOf: watch, digest: "d", using: bytes)
        try files.put(windowOf: watch, mark: mark, using: bytes)
        var random = Xoshiro256(seed: 4)
        for name in ["3.reference", "3.window"] {
            let path = folder + "/" + name
            let whole = [UInt8](try #require(FileManager.default.contents(atPath: path)))
            let kind: CheckedFile.Kind = name == "3.window" ? .window : .reference
            for _ in 0..<500 {
                var payload = Array(whole[CheckedFile.head...])
                for _ in 0..<(1 + random.below(4)) {
                    payload[random.below(payload.count)] = UInt8(truncatingIfNeeded: random.next())
                }
                let sealed = RecordBytes()
                CheckedFile.write(kind, into: sealed) { bytes in payload.withUnsafeBytes { bytes.write($0) } }
                try Data(sealed.bytes).write(to: URL(filePath: path))
                if var found = read() {
                    fill(&found, rows: 50, seed: 3)
                    _ = found.pass(seconds: 90_000, now: 0)
                }
            }
            try Data(whole).write(to: URL(filePath: path))
        }
        #expect(read()?.rows == 100)
    }

    @Test func `a window against another reference does not count`() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var (first, second) = (watch(), watch())
        fill(&first, rows: 500, seed: 1)
        fill(&second, rows: 400, seed: 2)
        let bytes = RecordBytes()
        let mark = try files.put(referenceOf: first, digest: "d", using: bytes)
        try files.put(windowOf: first, mark: mark, using: bytes)
        _ = try files.put(referenceOf: second, digest: "d", using: bytes)
        #expect(read()?.rows == 0)
    }

    @Test func `findings are kept, cut off where they are damaged, and let go of when there are many`() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var watch = watch()
        fill(&watch, rows: 400, seed: 1)
        let bytes = RecordBytes()
        _ = try files.put(referenceOf: watch, digest: "d", using: bytes)
        var made: [WindowFinding] = []
        func close(_ seed: UInt64) throws {
            fill(&watch, rows: 50, seed: seed)
            let closed = watch.pass(seconds: 90_000, now: Int(seed))
            let finding = try #require(closed)
            made.append(finding)
            try files.findings.append(finding, using: bytes)
        }
        for seed in 1...5 { try close(UInt64(seed)) }
        #expect(files.findings.newest(10) == made && files.findings.newest(2) == Array(made.suffix(2)))
        #expect(read()?.number == 6 && read()?.last == made.last)
        // Half of the last record is gone: the next one takes its place.
        let path = folder + "/3.findings"
        let whole = try #require(FileManager.default.contents(atPath: path))
        try whole.dropLast(100).write(to: URL(filePath: path))
        #expect(files.findings.newest(10) == Array(made.dropLast()))
        made.removeLast()
        try close(6)
        #expect(files.findings.newest(10) == made)
        for seed in 7...(2 * FindingLog.kept + 20) { try close(UInt64(seed)) }
        let kept = files.findings.newest(.max)
        #expect(kept.count >= FindingLog.kept && kept.count <= 2 * FindingLog.kept)
        #expect(kept == Array(made.suffix(kept.count)))
    }
}
