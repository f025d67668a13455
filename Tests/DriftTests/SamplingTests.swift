import CAllocationCount
import Serving
import Statistics
import Tensors
import Testing

@testable import Drift

/// What is watched of a model, and how rows get from a prediction into a watch.
@Suite struct SamplingTests {
    private func spec(_ name: String, _ shape: [Dimension]) -> TensorSpec { spec(name, .fp32, shape) }

    private func spec(_ name: String, _ type: ElementType, _ shape: [Dimension]) -> TensorSpec {
        TensorSpec(name: name, elementType: type, shape: shape)
    }

    private let open = Dimension.symbolic("n")

    @Test func `small tensors are watched column by column, large ones as a whole, and texts twice`() {
        let plan = FeaturePlan(
            Signature(
                inputs: [
                    spec("x", [open, .fixed(2)]), spec("image", [open, .fixed(3), .fixed(8), .fixed(8)]),
                    spec("t", .bytes, [open, .fixed(1)]), spec("wide", [open, .fixed(1000)]),
                    spec("any", [open, .unknown]), spec("words", .bytes, [open, .unknown]),
                ],
                outputs: [spec("y", [open])]))
        #expect(
            plan.features.map(\.label) == [
                "x[0]", "x[1]", "image (mean)", "t", "t (length)", "wide (mean)", "any (mean)", "words (length)", "y",
            ])
        #expect(plan.leftOut == [])
    }

    @Test func `columns are called as the model's metadata calls them`() {
        let signature = Signature(inputs: [spec("x", [open, .fixed(2)])], outputs: [spec("y", [open])])
        #expect(FeaturePlan(signature, names: ["age", "income"]).features.map(\.label) == ["age", "income", "y"])
        #expect(FeaturePlan(signature, names: ["age"]).features.map(\.label) == ["x[0]", "x[1]", "y"])
    }

    @Test func `of too many features the first are watched, and what is left out is said`() {
        let plan = FeaturePlan(
            Signature(
                inputs: [spec("x", [open, .fixed(100)]), spec("z", [open])],
                outputs: [spec("y", [open, .fixed(30)]), spec("label", [open])]))
        #expect(plan.features.count == FeaturePlan.mostFeatures)
        #expect(plan.features.count { $0.role == .output } == FeaturePlan.mostOutputs)
        #expect(plan.leftOut == ["x[48] to x[99]", "z", "y[16] to y[29]", "label"])
    }

    @Test func `rows come out as they went in, whatever their types`() throws {
        var random = Xoshiro256(seed: 7)
        let types: [ElementType] = [.fp32, .fp64, .int8, .uint16, .int64, .bool]
        let plan = FeaturePlan(
            Signature(
                inputs: types.map { spec("\($0.rawValue)", $0, [open, .fixed(2)]) }
                    + [spec("t", .bytes, [open, .fixed(2)])], outputs: []))
        for rows in [1, 7, 40] {
            var tensors: [Tensor] = []
            var expected = [[Double]](repeating: [], count: rows)
            for type in types {
                let width = try #require(type.byteWidth)
                let storage = TensorStorage(byteCount: rows * 2 * width)
                for row in 0..<rows {
                    for column in 0..<2 {
                        let value = Int(random.below(2))
                        let place = storage.base + (2 * row + column) * width
                        switch type {
                        case .fp32: place.storeBytes(of: Float(value) + 0.5, as: Float.self)
                        case .fp64: place.storeBytes(of: Double(value) + 0.5, as: Double.self)
                        case .uint16: place.storeBytes(of: UInt16(value + 60_000), as: UInt16.self)
                        case .int64: place.storeBytes(of: Int64(value) - 5, as: Int64.self)
                        default: place.storeBytes(of: UInt8(value), as: UInt8.self)
                        }
                        let shift =
                            switch type {
                            case .fp32, .fp64: 0.5
                            case .uint16: 60_000.0
                            case .int64: -5.0
                            default: 0.0
                            }
                        expected[row].append(Double(value) + shift)
                    }
                }
                tensors.append(
                    Tensor(
                        checkedName: type.rawValue, elementType: type, shape: try Shape([rows, 2]), storage: storage))
            }
            let texts = (0..<2 * rows).map { $0 % 3 == 0 ? String(repeating: "a", count: 100 + $0) : "text \($0)" }
            tensors.append(DriftWorkshop.texts("t", texts, shape: [rows, 2]))
            let bytes = RecordBytes()
            SampledRows.write(DriftWorkshop.prediction(tensors, []), plan, rows: rows, count: rows, into: bytes)
            var seen: [(Int, Double?, String?)] = []
            try SampledRows.read(bytes.bytes, plan) {
                seen.append(($0, $1, $2))
            } endRow: {
            }
            #expect(seen.count == rows * plan.features.count)
            for row in 0..<rows {
                let values = seen[(row * plan.features.count)..<((row + 1) * plan.features.count)]
                #expect(values.map(\.0) == Array(plan.features.indices))
                #expect(values.prefix(2 * types.count).map(\.1) == expected[row])
                let lengths = values.suffix(4).compactMap(\.1)
                #expect(lengths == [texts[2 * row], texts[2 * row + 1]].map { Double($0.utf8.count) })
                let keys = values.suffix(4).compactMap(\.2)
                #expect(keys == [texts[2 * row], texts[2 * row + 1]].map { key($0) })
            }
        }
    }

    private func key(_ text: String) -> String { Array(text.utf8).withUnsafeBytes { TextKey.text($0) } }

    @Test func `of a large prediction rows are taken evenly`() throws {
        let plan = FeaturePlan(DriftWorkshop.signature)
        let x = (0..<2_000).map { Double($0 / 2) }
        let prediction = DriftWorkshop.prediction([DriftWorkshop.tensor("x", x, rows: 1_000)], [])
        let bytes = RecordBytes()
        SampledRows.write(prediction, plan, rows: 1_000, count: 10, into: bytes)
        var seen: [Double] = []
        try SampledRows.read(bytes.bytes, plan) { index, number, _ in
            if index == 0, let number { seen.append(number) }
        } endRow: {
        }
        #expect(seen.map { Int($0) / 100 } == Array(0..<10))
        #expect(Set(seen.map { Int($0) % 100 }).count > 3)
    }

    @Test func `tensors that are not as the signature says are passed over`() throws {
        let plan = FeaturePlan(DriftWorkshop.signature)
        let huge = Tensor(
            checkedName: "x", elementType: .fp64, shape: try Shape([1 << 60, 0]), storage: TensorStorage(byteCount: 0))
        for (inputs, rows) in [
            ([DriftWorkshop.tensor("x", [1, 2, 3], rows: 3)], 3), ([DriftWorkshop.tensor("other", [1, 2])], 1),
            ([DriftWorkshop.texts("x", ["a", "b"], shape: [1, 2])], 1), ([huge], 1 << 60), ([], 1),
        ] {
            let bytes = RecordBytes()
            SampledRows.write(
                DriftWorkshop.prediction(inputs, []), plan, rows: rows, count: min(rows, 50), into: bytes)
            var count = 0
            try SampledRows.read(bytes.bytes, plan) { _, _, _ in
                count += 1
            } endRow: {
            }
            #expect(count == 0)
        }
    }

    @Test func `the mean of an image is near the mean of all its elements`() throws {
        var random = Xoshiro256(seed: 3)
        let values = (0..<(3 * 224 * 224)).map { _ in random.normal() + 4 }
        let tensor = DriftWorkshop.tensor("x", values)
        let exact = values.reduce(0, +) / Double(values.count)
        #expect(abs(TensorNumbers.mean(tensor, from: 0, count: values.count) - exact) < 0.08)
        #expect(TensorNumbers.mean(tensor, from: 0, count: 3) == (values[0] + values[1] + values[2]) / 3)
        #expect(TensorNumbers.mean(tensor, from: values.count - 1, count: 2).isNaN)
    }

    @Test func `no more rows are taken than are wanted, and those for which there is no room are counted`() {
        let endpoint = DriftEndpoint(space: "s", name: "e", folder: "/nowhere", calls: RecordFileCalls())
        let queue = DriftQueue(lines: 1, bytes: 10_000)
        guard let tap = endpoint.tap(DriftWorkshop.entry(), queue: queue), let version = endpoint.version(1) else {
            Issue.record("no tap")
            return
        }
        var random = Xoshiro256(seed: 1)
        let prediction = DriftWorkshop.rows(100, &random)
        #expect(!tap.isListening)
        tap.observe(prediction)
        #expect(tap.counts.recorded == 0)
        version.credit.add(250, most: 250)
        for _ in 0..<3 { tap.observe(prediction) }
        #expect(tap.counts.recorded == 250 && !tap.isListening)
        version.credit.add(5_000, most: 5_000)
        for _ in 0..<10 { tap.observe(prediction) }
        #expect(tap.counts.recorded + tap.counts.droppedQueue == 1_250)
        #expect(tap.counts.droppedQueue >= 500)
        tap.observe(DriftWorkshop.prediction([], [], fault: .failed))
        #expect(tap.counts.recorded + tap.counts.droppedQueue == 1_250)
        // What there was no room for is wanted yet.
        #expect(version.credit.take(9_999) == 5_250 - Int(tap.counts.recorded))
    }

    @Test func `a prediction of which no row is wanted allocates nothing`() {
        guard allocation_count() >= 0 else { return }
        let endpoint = DriftEndpoint(space: "s", name: "e", folder: "/nowhere", calls: RecordFileCalls())
        guard let tap = endpoint.tap(DriftWorkshop.entry(), queue: DriftQueue()) else { return }
        let observer: any PredictionObserver = tap
        var heard = 0
        let before = allocation_count()
        for _ in 0..<10_000 where observer.isListening { heard += 1 }
        #expect(allocation_count() == before && heard == 0)
    }
}
