import Statistics
import Testing

@testable import Drift

/// What sketches say against what all the values say.
@Suite struct SketchTests {
    /// Rows of the two samples, and how the second is drawn.
    struct Case: Sendable, CustomTestStringConvertible {
        var name: String
        var reference: Int
        var current: Int
        var shift: Double
        var scale: Double
        /// Values are rounded to so many parts of 1; 0 for none.
        var parts: Double
        var testDescription: String { name }

        func draw(_ random: inout Xoshiro256) -> (reference: [Double], current: [Double]) {
            func one(_ shift: Double, _ scale: Double) -> Double {
                let value = random.normal() * scale + shift
                return parts > 0 ? (value * parts).rounded() / parts : value
            }
            return (
                (0..<reference).map { _ in one(0, 1) }, (0..<current).map { _ in one(shift, scale) }
            )
        }
    }

    static let cases = [
        Case(name: "the same", reference: 2_000, current: 2_000, shift: 0, scale: 1, parts: 0),
        Case(name: "a little higher", reference: 2_000, current: 2_000, shift: 0.3, scale: 1, parts: 0),
        Case(name: "much higher", reference: 2_000, current: 3_000, shift: 1.5, scale: 1, parts: 0),
        Case(name: "wider", reference: 5_000, current: 2_000, shift: 0, scale: 1.5, parts: 0),
        Case(name: "narrower", reference: 2_000, current: 5_000, shift: 0, scale: 0.4, parts: 0),
        Case(name: "large samples", reference: 20_000, current: 10_000, shift: 0.2, scale: 1.1, parts: 0),
        Case(name: "many ties", reference: 5_000, current: 2_000, shift: 0.4, scale: 1, parts: 10),
        Case(name: "few values", reference: 2_000, current: 5_000, shift: 0.5, scale: 1, parts: 2),
        Case(name: "whole numbers", reference: 3_000, current: 3_000, shift: 0.2, scale: 1.3, parts: 1),
    ]

    /// The stability index over the deciles of the reference, or over its values where they are few.
    private func exactIndex(_ reference: [Double], _ current: [Double]) -> Double? {
        let sorted = reference.sorted()
        let values = Set(reference)
        func counts(_ rows: [Double]) -> [Double] {
            if values.count <= 32 {
                let order = values.sorted()
                let places = Dictionary(uniqueKeysWithValues: order.enumerated().map { ($1, $0) })
                var counts = [Double](repeating: 0, count: order.count + 1)
                for row in rows { counts[places[row] ?? order.count] += 1 }
                return counts
            }
            var cuts: [Double] = []
            for tenth in 1..<10 {
                let cut = sorted[(tenth * sorted.count + 9) / 10 - 1]
                if cuts.last != cut { cuts.append(cut) }
            }
            var counts = [Double](repeating: 0, count: cuts.count + 1)
            for value in rows { counts[cuts.firstIndex { value <= $0 } ?? cuts.count] += 1 }
            return counts
        }
        let pairs = zip(counts(reference), counts(current)).filter { $0 + $1 > 0 }
        return PopulationStability.index(reference: pairs.map(\.0), current: pairs.map(\.1))
    }

    private func sketched(_ reference: [Double], _ current: [Double]) throws -> Distances {
        var builder = ReferenceBuilder(isText: false, capacity: 4_096)
        for value in reference { builder.add(value) }
        guard case .numbers(let numbers) = builder.reference else { throw Wrong() }
        var counts = NumberCounts(numbers)
        for value in current { counts.add(value, against: numbers) }
        return numbers.distances(to: counts)
    }

    private struct Wrong: Error {}

    @Test(arguments: cases)
    func `the index and the largest difference are the exact ones, within 0.01`(_ one: Case) throws {
        for seed in 1...2 {
            var random = Xoshiro256(seed: UInt64(seed))
            let (reference, current) = one.draw(&random)
            let found = try sketched(reference, current)
            let index = try #require(exactIndex(reference, current))
            let distance = try #require(
                KolmogorovSmirnov.statistic(WeightedValues(reference), WeightedValues(current)))
            let moved = try #require(Wasserstein.distance(WeightedValues(reference), WeightedValues(current)))
            #expect(abs((found.stabilityIndex ?? .nan) - index) < 0.01, "\(index) \(found)")
            #expect(abs((found.kolmogorovSmirnov ?? .nan) - distance) < 0.01, "\(distance)")
            #expect(abs((found.wasserstein ?? .nan) - moved) < 0.05 * max(1, moved), "\(moved)")
        }
    }

    @Test func `a sketch holds all ranks of a hundred thousand numbers within one in two hundred`() {
        var sketch = QuantileSketch(capacity: 512)
        var random = Xoshiro256(seed: 3)
        for _ in 0..<100_000 { sketch.add(random.uniform()) }
        let values = sketch.values
        #expect(values.total == 100_000)
        var (sum, worst) = (0.0, 0.0)
        for (value, weight) in zip(values.values, values.weights) {
            sum += weight
            worst = max(worst, abs(sum / values.total - value))
        }
        #expect(worst < 0.005, "\(worst)")
        #expect(sketch.byteCount < 32_000, "\(sketch.byteCount)")
    }

    @Test func `up to its capacity a sketch holds all there is`() {
        var sketch = QuantileSketch(capacity: 100)
        for value in 0..<100 { sketch.add(Double(value)) }
        sketch.add(.nan)
        sketch.add(.infinity)
        let all: [Double] = (0..<100).map { Double($0) }
        #expect(sketch.values.values == all)
        #expect(sketch.count == 100)
    }

    @Test func `merged sketches stand for what both have seen`() {
        var (left, right) = (QuantileSketch(capacity: 256), QuantileSketch(capacity: 256, seed: 2))
        for value in 0..<10_000 { left.add(Double(value)) }
        for value in 10_000..<30_000 { right.add(Double(value)) }
        left.merge(right)
        let values = left.values
        #expect(left.count == 30_000 && values.total == 30_000)
        var sum = 0.0
        for (value, weight) in zip(values.values, values.weights) {
            sum += weight
            #expect(abs(sum - value) < 450, "\(value)")
        }
    }

    @Test func `counts that are added up are those of all rows`() throws {
        var random = Xoshiro256(seed: 5)
        let rows = (0..<4_000).map { _ in random.uniform() < 0.05 ? Double.nan : random.normal() * 1.3 }
        var builder = ReferenceBuilder(isText: false)
        for _ in 0..<1_000 { builder.add(random.normal()) }
        let reference = builder.reference
        var (all, left, right) = (reference.counts, reference.counts, reference.counts)
        for (place, row) in rows.enumerated() {
            all.add(row, against: reference)
            if place % 3 == 0 { left.add(row, against: reference) } else { right.add(row, against: reference) }
        }
        left.merge(right)
        guard case .numbers(let whole) = all, case .numbers(let merged) = left else { throw Wrong() }
        #expect(merged.cells == whole.cells && merged.missing == whole.missing && merged.rows == 4_000)
        #expect(abs((merged.mean ?? .nan) - (whole.mean ?? .nan)) < 1e-12)
    }

    @Test func `the texts that come most often are there, with counts that are off by no more than is said`() {
        var texts = FrequentTexts(capacity: 20)
        var random = Xoshiro256(seed: 1)
        var truth: [String: Int] = [:]
        for _ in 0..<20_000 {
            let text = random.uniform() < 0.5 ? "often \(random.below(4))" : "rare \(random.below(3_000))"
            texts.add(text)
            truth[text, default: 0] += 1
        }
        for number in 0..<4 {
            let entry = texts.entries["often \(number)"]
            let count = truth["often \(number)"] ?? 0
            #expect(entry.map { $0.count >= count && $0.count - $0.error <= count } == true)
        }
        #expect(texts.entries.count == 20 && !texts.isExact && texts.count == 20_000)
    }

    @Test func `a long text is known by its beginning, its length and a checksum`() {
        func key(_ bytes: [UInt8]) -> String { bytes.withUnsafeBytes { TextKey.text($0) } }
        let long = [UInt8](repeating: 65, count: 5_000)
        #expect(key(long).utf8.count <= 80 && key(long).hasPrefix("AAAA"))
        #expect(key(long) != key(long + [66]))
        #expect(key(long) != key([66] + long.dropFirst()))
        #expect(key(Array("short".utf8)) == "short" && key([]) == "")
    }

    @Test(arguments: [[], [1.0], [1, 1, 1], [.nan, .infinity], [-1e308, 1e308]])
    func `references of next to nothing judge without harm`(_ values: [Double]) {
        var builder = ReferenceBuilder(isText: false)
        for value in values { builder.add(value) }
        let reference = builder.reference
        var counts = reference.counts
        for value in [0, 1, .nan, -.infinity, 1e308, -1e308] { counts.add(value, against: reference) }
        let feature = Feature(role: .input, tensor: "x", column: 0, aspect: .number, label: "x")
        let findings = DriftJudge().judge([feature], [reference], [counts], seconds: 60)
        #expect(findings.count == 1)
        #expect(findings.first.map { (0...1).contains($0.pValue) } == true)
    }
}
