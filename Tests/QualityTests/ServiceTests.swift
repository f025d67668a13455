import Foundation
import Journal
import Logging
import Monitoring
import Runtimes
import Serving
import Store
import Synchronization
import Tensors
import Testing

@testable import Quality

/// A real ledger that predictions are told to, and what follows it.
final class ServiceWorkshop: Sendable {
    struct Facts: VersionFactsSource {
        func facts(space: String, endpoint: String, version: Int) async -> VersionFacts? {
            VersionFacts(metrics: ["accuracy": 0.9])
        }
    }

    let folder = NSTemporaryDirectory() + "slipway-quality-\(UUID().uuidString)"
    let ledger: Ledger
    let observer: any PredictionObserver

    init() throws {
        ledger = Ledger(folder: folder + "/ledger", logger: Self.logger)
        var options = EndpointOptions()
        options.ledger = LedgerOptions()
        let entry = EndpointEntry(
            space: "default", name: "churn", model: "churn", version: 3, revision: 1,
            artifact: ArtifactReference(digest: "d", format: "onnx", files: []),
            description: ModelDescription(format: "onnx", signature: Signature(inputs: [], outputs: [])),
            options: options, isLoaded: true)
        observer = try #require(ledger.observer(of: entry, as: nil))
    }

    deinit {
        ledger.close()
        try? FileManager.default.removeItem(atPath: folder)
    }

    static var logger: Logger {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        return logger
    }

    func service() -> QualityService {
        QualityService(
            ledger: ledger, store: QualityFolder(folder + "/quality"), facts: Facts(), logger: Self.logger)
    }

    static func id(_ number: Int) -> PredictionID { PredictionID(high: 9, low: UInt64(number)) }

    private static func tensor<Element: BitwiseCopyable>(
        _ name: String, _ type: ElementType, _ dimensions: [Int], _ values: [Element]
    ) throws -> Tensor {
        let storage = TensorStorage(byteCount: values.count * MemoryLayout<Element>.stride)
        values.withUnsafeBytes { bytes in
            if let base = bytes.baseAddress { storage.base.copyMemory(from: base, byteCount: bytes.count) }
        }
        return Tensor(checkedName: name, elementType: type, shape: try Shape(dimensions), storage: storage)
    }

    /// Predicts class `number % 2` for one customer.
    func predict(_ number: Int, customer: Int) throws {
        observer.observe(
            ObservedPrediction(
                prediction: Self.id(number), principal: "local", key: nil, requestID: "r\(number)",
                inputs: [
                    try Self.tensor("customer", .int64, [1], [Int64(customer)]),
                    try Self.tensor("features", .fp32, [1, 2], [Float(number), 0.5]),
                ],
                outputs: [try Self.tensor("label", .int64, [1], [Int64(number % 2)])], fault: nil, nanoseconds: 1))
    }

    func send(_ numbers: some Sequence<Int>, _ truth: String, to service: QualityService) async throws
        -> FeedbackReceipt
    {
        let items = numbers.enumerated().map {
            FeedbackItem(place: $0, subject: .prediction(Self.id($1)), truth: [truth])
        }
        return try await service.accept(items, space: "default", endpoint: "churn")
    }
}

@Suite struct `Following a ledger` {
    typealias Workshop = ServiceWorkshop

    @Test func `truth is joined to what was predicted a moment ago, and figures say so`() async throws {
        let workshop = try Workshop()
        let service = workshop.service()
        for number in 0..<100 { try workshop.predict(number, customer: number % 10) }
        let receipt = try await workshop.send(0..<100, "1", to: service)
        #expect((receipt.joined, receipt.rows) == (100, 100))
        for number in 100..<120 { try workshop.predict(number, customer: 1) }
        let report = try await service.report(space: "default", endpoint: "churn")
        let version = try #require(report.versions.first)
        #expect((version.version, version.predictions, version.labelled) == (3, 120, 100))
        let figure = try #require(version.windows.first?.figures.first)
        #expect((figure.metric.description, figure.value, figure.reference) == ("accuracy", 0.5, 0.9))
        #expect(
            try await service.labelledCount(space: "default", endpoint: "churn", since: Timestamp(microseconds: 0))
                == 100)
    }

    @Test func `without a ledger truth is refused, and leaves nothing behind`() async throws {
        let workshop = try Workshop()
        let service = workshop.service()
        await #expect(throws: ControlError.self) {
            try await service.accept([], space: "default", endpoint: "other")
        }
        #expect(QualityFolder(workshop.folder + "/quality").endpoints().isEmpty)
    }

    @Test func `the newest labelled rows are exported, oldest first`() async throws {
        let workshop = try Workshop()
        let service = workshop.service()
        for number in 0..<10 { try workshop.predict(number, customer: 40 + number) }
        _ = try await workshop.send([1, 3, 5], "yes, \"sure\"", to: service)
        let path = workshop.folder + "/labelled.csv"
        #expect(try await service.exportLabelled(space: "default", endpoint: "churn", rows: 2, to: path) == 2)
        let text = try String(contentsOfFile: path, encoding: .utf8)
        #expect(
            text == """
                customer,features[0],features[1],prediction,truth\r
                43,3,0.5,1,"yes, ""sure\"""\r
                45,5,0.5,1,"yes, ""sure\"""\r\n
                """)
        #expect(try await service.exportLabelled(space: "default", endpoint: "none", rows: 2, to: path) == 0)
    }

    @Test func `forgetting one subject deletes their truth, and nobody else's`() async throws {
        let workshop = try Workshop()
        let service = workshop.service()
        service.configure(
            space: "default", endpoint: "churn", settings: QualitySettings(key: "customer", segments: ["customer"]))
        for number in 0..<20 { try workshop.predict(number, customer: number % 4) }
        _ = try await workshop.send(0..<20, "0", to: service)
        let waiting = FeedbackItem(place: 0, subject: .key("77"), truth: ["1"])
        _ = try await service.accept([waiting], space: "default", endpoint: "churn")
        let forgotten = try await service.forget(
            space: "default", endpoint: "churn", field: "customer", value: "2")
        #expect(forgotten.rows == 5)
        for number in 20..<24 { try workshop.predict(number, customer: 2) }
        var report = try await service.report(space: "default", endpoint: "churn")
        #expect((report.versions.first?.predictions, report.versions.first?.labelled) == (19, 15))
        #expect(report.versions.first?.windows.first?.segments.map(\.value).sorted() == ["0", "1", "3"])
        _ = try await service.forget(space: "default", endpoint: "churn", field: "customer", value: "77")
        report = try await service.report(space: "default", endpoint: "churn")
        #expect(report.waiting == 0)
    }

    @Test func `the truth of a space goes with it`() async throws {
        let workshop = try Workshop()
        let service = workshop.service()
        try workshop.predict(1, customer: 1)
        _ = try await workshop.send([1], "1", to: service)
        #expect(QualityFolder(workshop.folder + "/quality").endpoints().count == 1)
        await service.remove(space: "default")
        #expect(!FileManager.default.fileExists(atPath: workshop.folder + "/quality/default"))
        #expect(try await service.report(space: "default", endpoint: "churn").versions.isEmpty)
    }

    @Test func `what was joined is there after a restart, and is joined once`() async throws {
        let workshop = try Workshop()
        for round in 0..<4 {
            let service = workshop.service()
            for number in (round * 10)..<(round * 10 + 10) { try workshop.predict(number, customer: 1) }
            let receipt = try await workshop.send(0..<(round * 10 + 10), "1", to: service)
            #expect((receipt.joined, receipt.duplicates) == (10, round * 10))
            let report = try await service.report(space: "default", endpoint: "churn")
            #expect(report.versions.first?.predictions == round * 10 + 10)
        }
    }
}
