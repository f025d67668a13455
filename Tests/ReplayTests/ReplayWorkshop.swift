import Foundation
import Governance
import InferenceProtocol
import Journal
import Logging
import Monitoring
import NIOCore
import Registry
import Runtimes
import Serving
import Tensors

@testable import Replay

/// A ledger of an endpoint `churn`, and versions of its model that are functions: label and probabilities of two features.
final class ReplayWorkshop {
    let ledger: Ledger
    private let folder = NSTemporaryDirectory() + "slipway-replay-\(UUID().uuidString)"
    private var next: UInt64 = 0

    init() {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        ledger = Ledger(folder: folder, logger: logger)
    }

    deinit {
        ledger.close()
        try? FileManager.default.removeItem(atPath: folder)
    }

    static let signature = Signature(
        inputs: [TensorSpec(name: "x", elementType: .fp32, shape: [.symbolic("batch"), .fixed(2)])],
        outputs: [
            TensorSpec(name: "label", elementType: .int64, shape: [.symbolic("batch")]),
            TensorSpec(name: "p", elementType: .fp32, shape: [.symbolic("batch"), .fixed(2)]),
        ])

    static func version(_ number: Int, _ signature: Signature = signature) -> ModelVersion {
        ModelVersion(
            model: "churn", number: number, space: "dev",
            artifact: ArtifactReference(digest: "d\(number)", format: "onnx", files: []), size: 1,
            description: ModelDescription(format: "onnx", signature: signature),
            provenance: Provenance(stored: [:], tags: [:], gitCommit: nil, dataset: nil),
            createdAt: Timestamp(microseconds: 0), createdBy: "somebody")
    }

    /// Writes one prediction down as version 1 answered it.
    func record(
        inputs: [Tensor], outputs: [Tensor], fault: PredictionFault? = nil, version: Int = 1,
        options: LedgerOptions = LedgerOptions()
    ) {
        var all = EndpointOptions()
        all.ledger = options
        let entry = EndpointEntry(
            space: "default", name: "churn", model: "churn", version: version, revision: 1,
            artifact: ArtifactReference(digest: "d\(version)", format: "onnx", files: []),
            description: ModelDescription(format: "onnx", signature: Self.signature), options: all, isLoaded: true)
        next += 1
        ledger.observer(of: entry, as: nil)?.observe(
            ObservedPrediction(
                prediction: PredictionID(high: 7, low: next), principal: "alice", key: nil, requestID: nil,
                inputs: inputs, outputs: outputs, fault: fault, nanoseconds: 1_000_000))
    }

    /// The same of rows of features, with the answers of `Weighing(weight: 1)`.
    func record(_ rows: [[Float]], options: LedgerOptions = LedgerOptions()) throws {
        let input = Tensor.floats("x", rows)
        record(inputs: [input], outputs: try Weighing().answer([input]), options: options)
    }

    func service(_ models: [Int: any ModelInstance], atOnce: Int = 2) -> ReplayService {
        ReplayService(ledger: ledger, scoring: KnownModels(models: models), atOnce: atOnce)
    }

    /// Replays all, and gives the lines of rows with the report.
    func replay(
        _ instance: any ModelInstance, version: ModelVersion = version(2), limit: Int = 1000, listed: Int = 20,
        tolerance: ShadowPlan.Tolerance = .standard, tellsRows: Bool = false
    ) async throws -> (lines: [String], report: ReplayReport) {
        let run = try await service([version.number: instance]).start(
            ReplayOrder(
                space: "default", endpoint: "churn", version: version, limit: limit, tolerance: tolerance,
                listed: listed, tellsRows: tellsRows))
        var text = ""
        while true {
            switch try await run.next() {
            case .going(let lines): text += String(buffer: lines)
            case .finished(let lines, let report):
                text += String(buffer: lines)
                return (text.split(separator: "\n").map(String.init), report)
            }
        }
    }
}

struct KnownModels: ModelScoring {
    var models: [Int: any ModelInstance]

    func load(_ version: ModelVersion, runs: Int) throws(ModelLoadError) -> any ModelInstance {
        guard let model = models[version.number] else { throw ModelLoadError(.invalidModel, "the model is broken") }
        return model
    }

    func goldenRequests(of version: ModelVersion) throws(ModelLoadError) -> [GoldenRequest] { [] }
}

/// p[1] is `weight` times the first feature, and the label says whether that is half or more.
final class Weighing: ModelInstance {
    let description = ModelDescription(format: "onnx", signature: ReplayWorkshop.signature)
    let weight: Float
    let health: InstanceHealth
    private let failure: @Sendable ([Float]) -> RunError?

    init(
        weight: Float = 1, health: InstanceHealth = .running,
        failure: @escaping @Sendable ([Float]) -> RunError? = { _ in nil }
    ) {
        self.weight = weight
        self.health = health
        self.failure = failure
    }

    func run(_ inputs: [Tensor], outputs: [Int], handle: RunHandle?) throws(RunError) -> [Tensor] {
        let all = try answer(inputs)
        return outputs.map { all[$0] }
    }

    func answer(_ inputs: [Tensor]) throws(RunError) -> [Tensor] {
        let features = inputs[0].floats
        if let error = failure(features) { throw error }
        let shares = stride(from: 0, to: features.count, by: 2).map { features[$0] * weight }
        return [.labels("label", shares.map { $0 >= 0.5 ? 1 : 0 }), .floats("p", shares.map { [1 - $0, $0] })]
    }
}

/// Answers nothing until it is asked to stop.
final class Endless: ModelInstance {
    let description = ModelDescription(format: "onnx", signature: ReplayWorkshop.signature)
    let hasBegun = DispatchSemaphore(value: 0)
    private let end = DispatchSemaphore(value: 0)

    func run(_ inputs: [Tensor], outputs: [Int], handle: RunHandle?) throws(RunError) -> [Tensor] {
        let end = end
        guard handle?.begin(stop: { end.signal() }) ?? false else { throw .terminated }
        hasBegun.signal()
        end.wait()
        handle?.end()
        throw .terminated
    }
}

extension Tensor {
    static func floats(_ name: String, _ rows: [[Float]]) -> Tensor {
        make(name, .fp32, [rows.count, rows.first?.count ?? 0], rows.flatMap { $0 })
    }

    static func labels(_ name: String, _ labels: [Int64]) -> Tensor { make(name, .int64, [labels.count], labels) }

    static func make<Element: BitwiseCopyable>(
        _ name: String, _ type: ElementType, _ dimensions: [Int], _ elements: [Element]
    ) -> Tensor {
        let storage = TensorStorage(byteCount: elements.count * MemoryLayout<Element>.stride)
        elements.withUnsafeBytes { storage.mutableBytes.copyMemory(from: $0) }
        let shape = (try? Shape(dimensions)) ?? .scalar
        return Tensor(checkedName: name, elementType: type, shape: shape, storage: storage)
    }

    var floats: [Float] {
        (0..<(storage.byteCount / 4)).map { storage.bytes.loadUnaligned(fromByteOffset: $0 * 4, as: Float.self) }
    }
}
