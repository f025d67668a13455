import Serving
import Testing

@testable import Quality

@Suite struct `Truth of one prediction` {
    @Test func `the truth that was known last stays, in whatever order it comes`() {
        var labels: [(String, Int)] = [("a", 3), ("b", 9), ("c", 5), ("b", 9), ("a", 1)]
        for seed in UInt64(0)..<50 {
            var random = SeededRandom(seed: seed)
            labels.shuffle(using: &random)
            var record = TruthRecord(rowCount: 1)
            for (truth, at) in labels { _ = record.merge([truth], at: at) }
            #expect(record.rows == [TruthRecord.Row(truth: "b", at: 9)])
        }
    }

    @Test func `what came of it is told`() {
        var record = TruthRecord(rowCount: 2)
        #expect(record.merge(["1", nil], at: 5) == .joined)
        #expect(record.merge(["1", nil], at: 7) == .duplicate)
        #expect(record.merge(["0", nil], at: 6) == .outdated, "a later moment was told with the same truth")
        #expect(record.merge(["0", nil], at: 8) == .changed)
        #expect(record.merge(["0", "1"], at: 1) == .joined, "the second row has its first truth")
        #expect(record.known == 2)
    }

    @Test func `of two truths at one moment the one that came last stays`() {
        var record = TruthRecord(rowCount: 1)
        _ = record.merge(["a"], at: 5)
        #expect(record.merge(["b"], at: 5) == .changed)
        #expect(record.rows[0]?.truth == "b")
    }

    @Test func `a record is read back from its bytes, and not from those of anything else`() {
        var record = TruthRecord(rowCount: 3)
        _ = record.merge(["north", nil, "süd"], at: -4)
        let bytes = RecordBytes()
        record.write(into: bytes)
        #expect(TruthRecord(bytes.bytes) == record)
        for count in 0..<bytes.count {
            #expect(TruthRecord(UnsafeRawBufferPointer(rebasing: bytes.bytes[..<count])) == nil)
        }
    }
}

/// Numbers that are the same in every run.
struct SeededRandom: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed &* 0x9e37_79b9_7f4a_7c15 &+ 1 }

    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state
    }
}
