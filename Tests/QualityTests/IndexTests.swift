import Foundation
import Journal
import Monitoring
import Serving
import Store
import Testing

@testable import Quality

/// A folder for indexes, and predictions to put there.
final class IndexWorkshop {
    let folder = NSTemporaryDirectory() + "slipway-quality-\(UUID().uuidString)"

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    func open() throws -> any QualityIndex {
        try QualityFolder(folder).open(space: "default", endpoint: "churn")
    }

    static func id(_ number: Int) -> PredictionID { PredictionID(high: .max, low: UInt64(number)) }

    static func prediction(
        _ number: Int, rows: Int = 1, version: Int = 1, request: String? = nil, keys: [String?] = []
    ) -> IndexedPrediction {
        IndexedPrediction(
            id: id(number), time: number, version: version, request: request, keys: keys,
            answer: .success(
                PredictedRows(
                    count: rows, labels: (0..<rows).map { "\(number)-\($0)" }, width: 2,
                    scores: (0..<(rows * 2)).map { Double($0) })))
    }

    static func add(
        _ predictions: [IndexedPrediction], to index: any QualityIndex, file: UInt64 = 1, offset: Int = 100,
        mayRepeat: Bool = false
    ) throws {
        try index.add(
            predictions.map { ($0, file) }, upTo: LedgerPosition(file: file, madeAt: 5, offset: offset),
            mayRepeat: mayRepeat, now: 1_000_000)
    }

    /// The truth of all rows, by prediction; and that what was predicted is still beside it.
    static func truth(of index: any QualityIndex, version: Int? = nil) throws -> [PredictionID: [String?]] {
        var found: [PredictionID: [String?]] = [:]
        try index.labelled(version: version, since: nil) { prediction in
            found[prediction.id] = prediction.truth.rows.map { $0?.truth }
            #expect(prediction.answer.labels?.first == "\(prediction.id.low)-0")
            return true
        }
        return found
    }
}

@Suite struct `An index of predictions and their truth` {
    typealias Workshop = IndexWorkshop

    @Test func `whatever the order, with restarts and repetitions, all truth that was told last is joined`() throws {
        for seed in UInt64(1)...12 {
            var random = SeededRandom(seed: seed)
            let workshop = IndexWorkshop()
            var index = try workshop.open()
            let predictions = (1...60).map { number in
                Workshop.prediction(number, rows: number % 3 + 1, version: number % 2 + 1, request: "r\(number)")
            }
            var items: [FeedbackItem] = []
            var expected: [PredictionID: [(String, Int)?]] = [:]
            for (place, prediction) in predictions.enumerated() {
                let rows = place % 3 + 1
                // The number of rows is that of the prediction.
                let count = try prediction.answer.get().count
                #expect(rows > 0)
                for at in [1, 2, 3] where Int.random(in: 0..<3, using: &random) > 0 {
                    let truth = (0..<count).map { row -> String? in
                        Int.random(in: 0..<4, using: &random) == 0 ? nil : "\(at * 10 + row)"
                    }
                    guard truth.contains(where: { $0 != nil }) else { continue }
                    let subject: FeedbackItem.Subject =
                        Bool.random(using: &random) ? .prediction(prediction.id) : .request("r\(prediction.time)")
                    items.append(FeedbackItem(place: items.count, subject: subject, truth: truth, at: at))
                    var known = expected[prediction.id] ?? Array(repeating: nil, count: count)
                    for (row, value) in truth.enumerated() {
                        if let value, at >= known[row]?.1 ?? 0 { known[row] = (value, at) }
                    }
                    expected[prediction.id] = known
                }
            }
            items += items.prefix(10)
            items.shuffle(using: &random)
            var left = predictions[...]
            var rest = items[...]
            var joined = 0
            while !left.isEmpty || !rest.isEmpty {
                switch Int.random(in: 0..<5, using: &random) {
                case 0, 1:
                    try Workshop.add(Array(left.prefix(7)), to: index)
                    left = left.dropFirst(7)
                case 2, 3:
                    joined += try index.accept(Array(rest.prefix(9)), now: 2_000_000).rows
                    rest = rest.dropFirst(9)
                default:
                    index.close()
                    index = try workshop.open()
                }
            }
            let found = try Workshop.truth(of: index)
            #expect(found == expected.mapValues { $0.map { $0?.0 } })
            let state = try index.state()
            #expect(state.versions.map(\.predictions) == [30, 30])
            #expect(state.versions.reduce(0) { $0 + $1.rows } == 120)
            let rows = expected.values.reduce(0) { $0 + $1.count { $0 != nil } }
            #expect(state.versions.reduce(0) { $0 + $1.labelled } == rows)
            #expect(state.joined == rows && joined <= rows)
            #expect(state.waiting == 0 && state.unusable == 0)
            #expect(try index.joined(since: 0) == rows)
            #expect(try index.joined(since: 2_000_001) == 0)
            index.close()
        }
    }

    @Test func `what was taken in before is taken in once, where a file was written anew`() throws {
        let workshop = IndexWorkshop()
        let index = try workshop.open()
        let all = (1...10).map { Workshop.prediction($0) }
        try Workshop.add(Array(all[..<6]), to: index)
        try Workshop.add(Array(all[2...]), to: index, offset: 90, mayRepeat: true)
        #expect(try index.state().versions.map(\.predictions) == [10])
        #expect(try index.state().position?.offset == 90)
        index.close()
    }

    @Test func `a key means its newest row before the truth was known`() throws {
        let workshop = IndexWorkshop()
        defer { withExtendedLifetime(workshop) {} }
        let index = try workshop.open()
        try Workshop.add(
            [
                Workshop.prediction(10, rows: 2, keys: ["ann", "bob"]), Workshop.prediction(20, keys: ["ann"]),
                Workshop.prediction(30, keys: ["ann"]),
            ], to: index)
        let receipt = try index.accept(
            [
                FeedbackItem(place: 0, subject: .key("ann"), truth: ["x"], at: 25),
                FeedbackItem(place: 1, subject: .key("bob"), truth: ["y"], at: 25),
                FeedbackItem(place: 2, subject: .key("eve"), truth: ["z"], at: 25),
                FeedbackItem(place: 3, subject: .key("ann"), truth: ["x", "y"]),
            ], now: 1_000_000)
        #expect((receipt.joined, receipt.waiting, receipt.refused) == (2, 1, 1))
        #expect(try Workshop.truth(of: index) == [Workshop.id(10): [nil, "y"], Workshop.id(20): ["x"]])
        // Eve was asked after it: that is another one.
        try Workshop.add([Workshop.prediction(40, keys: ["eve"])], to: index)
        #expect(try index.state().waiting == 1)
        index.close()
    }

    @Test func `other settings have everything read again, and no truth is lost or counted twice`() throws {
        let workshop = IndexWorkshop()
        defer { withExtendedLifetime(workshop) {} }
        let index = try workshop.open()
        let all = (1...5).map { Workshop.prediction($0, request: "r\($0)") }
        try Workshop.add(all, to: index)
        _ = try index.accept(
            [FeedbackItem(place: 0, subject: .request("r3"), truth: ["x"], at: 9)], now: 1_000_000)
        try index.restart(reading: "other")
        var state = try index.state()
        #expect((state.reading, state.position, state.waiting) == ("other", nil, 1))
        #expect(state.versions.isEmpty)
        try Workshop.add(all, to: index)
        state = try index.state()
        #expect((state.waiting, state.joined, state.versions.first?.labelled) == (0, 1, 1))
        #expect(try Workshop.truth(of: index) == [Workshop.id(3): ["x"]])
        index.close()
    }

    @Test func `what the ledger let go of goes with its truth`() throws {
        let workshop = IndexWorkshop()
        defer { withExtendedLifetime(workshop) {} }
        let index = try workshop.open()
        for file in UInt64(1)...3 {
            try Workshop.add(
                (0..<10).map { Workshop.prediction(Int(file) * 100 + $0, keys: ["k"]) }, to: index, file: file)
        }
        let items = [105, 205, 305].map {
            FeedbackItem(place: 0, subject: .prediction(Workshop.id($0)), truth: ["x"])
        }
        _ = try index.accept(items + [FeedbackItem(place: 3, subject: .request("?"), truth: ["x"])], now: 5)
        try index.retain(from: 3, waitingSince: 0, atMost: 100, mostWaiting: 100)
        #expect(try Set(Workshop.truth(of: index).keys) == [Workshop.id(305)])
        #expect(try index.state().versions == [.init(number: 1, predictions: 10, rows: 10, labelled: 1)])
        try index.retain(from: 3, waitingSince: 6, atMost: 3, mostWaiting: 100)
        #expect(try index.state().versions.first?.predictions == 3)
        #expect(try index.state().waiting == 0)
        try index.retain(from: nil, waitingSince: 6, atMost: 100, mostWaiting: 100)
        #expect(try index.state().versions.isEmpty)
        index.close()
    }

    @Test func `forgotten predictions are gone from the file too`() throws {
        let workshop = IndexWorkshop()
        let index = try workshop.open()
        try Workshop.add([Workshop.prediction(1, request: "secret-subject"), Workshop.prediction(2)], to: index)
        _ = try index.accept(
            [
                FeedbackItem(place: 0, subject: .request("secret-subject"), truth: ["secret-truth"]),
                FeedbackItem(place: 1, subject: .prediction(Workshop.id(2)), truth: ["kept-truth"]),
                FeedbackItem(place: 2, subject: .key("secret-key"), truth: ["x"]),
            ], now: 1_000_000)
        try index.forget([Workshop.id(1)])
        try index.forget(waitingFor: "secret-key")
        #expect(try Workshop.truth(of: index) == [Workshop.id(2): ["kept-truth"]])
        #expect(try index.state().waiting == 0)
        index.close()
        let path = workshop.folder + "/default/"
        var all = Data()
        for name in try FileManager.default.contentsOfDirectory(atPath: path) {
            all += try Data(contentsOf: URL(fileURLWithPath: path + name))
        }
        #expect(all.range(of: Data("kept-truth".utf8)) != nil)
        for word in ["secret-subject", "secret-truth", "secret-key"] {
            #expect(all.range(of: Data(word.utf8)) == nil, "\(word) is still there")
        }
    }

    @Test func `truth that has nothing to be held against is refused, and counted where it waited`() throws {
        let workshop = IndexWorkshop()
        defer { withExtendedLifetime(workshop) {} }
        let index = try workshop.open()
        var broken = Workshop.prediction(1)
        broken.answer = .failure(IndexedPrediction.Problem(.leftOut))
        try Workshop.add([broken, Workshop.prediction(2), Workshop.prediction(2)], to: index)
        let receipt = try index.accept(
            [
                FeedbackItem(place: 0, subject: .prediction(Workshop.id(1)), truth: ["x"]),
                FeedbackItem(place: 1, subject: .prediction(Workshop.id(2)), truth: ["x"]),
                FeedbackItem(place: 2, subject: .prediction(Workshop.id(3)), truth: ["x", "y"]),
            ], now: 1)
        #expect((receipt.refused, receipt.waiting) == (2, 1))
        #expect(receipt.refusals[0].reason == RowProblem.leftOut.words)
        #expect(receipt.refusals[1].reason.contains("several"))
        try Workshop.add([Workshop.prediction(3)], to: index)
        #expect(try index.state().unusable == 1)
        index.close()
    }

    @Test func `bytes of a prediction are read back, and not those of anything else`() throws {
        var rows = try Workshop.prediction(3, rows: 2).answer.get()
        rows.segments = [["north", ""], ["1", "2"]]
        let bytes = RecordBytes()
        rows.write(into: bytes)
        #expect(PredictedRows(bytes.bytes) == rows)
        for count in 0..<bytes.count {
            #expect(PredictedRows(UnsafeRawBufferPointer(rebasing: bytes.bytes[..<count])) == nil)
        }
    }
}
