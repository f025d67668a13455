import Foundation
import Journal
import Logging
import Runtimes
import Serving
import Statistics
import Synchronization
import Tensors

@testable import Drift

/// Two clocks that stand still until they are set.
final class SetClocks: WallClock {
    private let time = Mutex((wall: 1_700_000_000_000_000, steady: UInt64(1_000_000_000)))

    var now: Int { time.withLock { $0.wall } }
    var steady: UInt64 { time.withLock { $0.steady } }

    /// - Parameter jump: seconds by which somebody sets the wall's clock besides.
    func pass(seconds: Double, jump: Int = 0) {
        time.withLock {
            $0.wall += Int(seconds * 1e6) + jump * 1_000_000
            $0.steady += UInt64(seconds * 1e9)
        }
    }
}

/// A folder, a service that goes a pass at a time, and predictions to tell it of.
final class DriftWorkshop {
    let folder = NSTemporaryDirectory() + "slipway-drift-\(UUID().uuidString)"
    let clocks = SetClocks()
    var profile: [UInt8]?
    private(set) var service: DriftService
    private var pass = DriftService.Pass()

    static var logger: Logger {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        return logger
    }

    init(profile: [UInt8]? = nil, calls: RecordFileCalls = RecordFileCalls()) {
        self.profile = profile
        service = Self.service(folder, clocks, profile, calls)
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    private static func service(
        _ folder: String, _ clocks: SetClocks, _ profile: [UInt8]?, _ calls: RecordFileCalls
    ) -> DriftService {
        DriftService(
            folder: folder, clock: clocks, monotonic: { clocks.steady }, logger: logger, calls: calls,
            queue: DriftQueue(lines: 1), profile: { _ in profile })
    }

    /// The server is killed, and another one begins where it was.
    func restart() { service = Self.service(folder, clocks, profile, RecordFileCalls()) }

    func run(isLast: Bool = false) { service.run(&pass, isLast: isLast) }

    static func entry(version: Int = 1, digest: String = "d", space: String = "default") -> EndpointEntry {
        EndpointEntry(
            space: space, name: "churn", model: "churn", version: version, revision: 1,
            artifact: ArtifactReference(digest: digest, format: "onnx", files: []),
            description: ModelDescription(format: "onnx", signature: signature), options: EndpointOptions(),
            isLoaded: true)
    }

    static let signature = Signature(
        inputs: [TensorSpec(name: "x", elementType: .fp64, shape: [.symbolic("n"), .fixed(2)])],
        outputs: [TensorSpec(name: "y", elementType: .fp64, shape: [.symbolic("n")])])

    static func tensor(_ name: String, _ values: [Double], rows: Int? = nil) -> Tensor {
        let storage = TensorStorage(byteCount: values.count * 8)
        for (index, value) in values.enumerated() {
            storage.base.storeBytes(of: value, toByteOffset: index * 8, as: Double.self)
        }
        let shape = rows.map { values.count == $0 ? [$0] : [$0, values.count / max(1, $0)] } ?? [values.count]
        return Tensor(
            checkedName: name, elementType: .fp64, shape: (try? Shape(shape)) ?? .vector(values.count), storage: storage
        )
    }

    static func texts(_ name: String, _ values: [String], shape: [Int]) -> Tensor {
        let bytes = BytesElements.encode(values.map { Array($0.utf8) }) ?? TensorStorage(byteCount: 0)
        return Tensor(
            checkedName: name, elementType: .bytes, shape: (try? Shape(shape)) ?? .vector(values.count), storage: bytes)
    }

    static func prediction(_ inputs: [Tensor], _ outputs: [Tensor], fault: PredictionFault? = nil) -> ObservedPrediction
    {
        ObservedPrediction(
            prediction: PredictionID(high: 1, low: 1), principal: "p", key: nil, requestID: nil, inputs: inputs,
            outputs: outputs, fault: fault, nanoseconds: 1)
    }

    /// `rows` rows of a model that adds two numbers.
    static func rows(_ rows: Int, shift: Double = 0, _ random: inout Xoshiro256) -> ObservedPrediction {
        let x: [Double] = (0..<2 * rows).map { _ in random.normal() + shift }
        var y: [Double] = []
        for row in 0..<rows { y.append(x[2 * row] + x[2 * row + 1]) }
        return prediction([tensor("x", x, rows: rows)], [tensor("y", y, rows: rows)])
    }
}
