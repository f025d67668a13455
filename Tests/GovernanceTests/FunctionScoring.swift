import Governance
import InferenceProtocol
import Journal
import Registry
import Runtimes
import Serving
import Synchronization
import Tensors

/// Models that are functions, for gates that run them.
struct FunctionScoring: ModelScoring {
    typealias Body = @Sendable ([Tensor]) throws(RunError) -> [Tensor]

    /// By the digests of versions.
    var bodies: [String: Body] = [:]
    var golden: [GoldenRequest] = []

    func load(_ version: ModelVersion, runs: Int) throws(ModelLoadError) -> any ModelInstance {
        guard let body = bodies[version.artifact.digest] else {
            throw ModelLoadError(.invalidModel, "the model is broken")
        }
        return FunctionInstance(description: version.description, body: body)
    }

    func goldenRequests(of version: ModelVersion) throws(ModelLoadError) -> [GoldenRequest] { golden }
}

final class FunctionInstance: ModelInstance {
    let description: ModelDescription
    private let body: FunctionScoring.Body

    init(description: ModelDescription, body: @escaping FunctionScoring.Body) {
        self.description = description
        self.body = body
    }

    func run(_ inputs: [Tensor], outputs: [Int], handle: RunHandle?) throws(RunError) -> [Tensor] {
        let all = try body(inputs)
        return outputs.compactMap { index in
            all.first { $0.name == description.signature.outputs[index].name }
        }
    }
}

/// One table under every name, in one space.
struct OneTable: DataSetReading {
    var table: DataTable
    var space = "prod"

    func table(_ name: String, version: Int?, space: String) async throws(ControlError) -> DataTable {
        guard space == self.space, name == "holdout", version ?? 2 == 2 else {
            throw ControlError(.notFound, "there is no data set '\(name)' in the space '\(space)'")
        }
        return table
    }
}

extension DataTable {
    static func of(_ columns: [(String, Values)]) -> DataTable {
        let count =
            switch columns.first?.1 {
            case .numbers(let values)?: values.count
            case .texts(let values)?: values.count
            case .booleans(let values)?: values.count
            case nil: 0
            }
        return DataTable(
            label: "holdout:2", sha256: String(repeating: "ab", count: 32), rowCount: count,
            columns: columns.map { Column(name: $0.0, values: $0.1) })
    }
}

extension ModelVersion {
    /// A version of which only digest and signature count.
    static func test(
        _ number: Int, _ digest: String, inputs: [TensorSpec], outputs: [TensorSpec], metadata: [String: String] = [:]
    ) -> ModelVersion {
        ModelVersion(
            model: "churn", number: number, space: "dev",
            artifact: ArtifactReference(digest: digest, format: "onnx", files: []), size: 1,
            description: ModelDescription(
                format: "onnx", signature: Signature(inputs: inputs, outputs: outputs), customMetadata: metadata),
            provenance: Provenance(stored: [:], tags: [:], gitCommit: nil, dataset: nil),
            createdAt: Timestamp(microseconds: 0), createdBy: "somebody")
    }
}

extension Tensor {
    init<Element: BitwiseCopyable>(
        _ name: String, _ type: ElementType, _ dimensions: [Int], _ elements: [Element]
    ) throws(RunError) {
        let storage = TensorStorage(byteCount: elements.count * MemoryLayout<Element>.stride)
        elements.withUnsafeBytes { storage.mutableBytes.copyMemory(from: $0) }
        do {
            self = try Tensor(name: name, elementType: type, shape: Shape(dimensions), storage: storage)
        } catch {
            throw .failed("\(error)")
        }
    }

    func elements<Element: BitwiseCopyable>(of type: Element.Type = Element.self) -> [Element] {
        let width = MemoryLayout<Element>.stride
        return (0..<(storage.byteCount / width)).map {
            storage.bytes.loadUnaligned(fromByteOffset: $0 * width, as: Element.self)
        }
    }

    var texts: [String] {
        var texts: [String] = []
        BytesElements.forEach(in: storage.bytes) { (element) throws(Never) in
            texts.append(String(decoding: element, as: UTF8.self))
        }
        return texts
    }
}

/// What was said on the way.
final class Said: Sendable {
    private let lines = Mutex<[String]>([])

    var all: [String] { lines.withLock { $0 } }

    func add(_ line: String) { lines.withLock { $0.append(line) } }
}

extension GateReport {
    func figure(_ name: String, _ segment: String? = nil, limit: String? = nil) -> GateFigure? {
        figures.first { $0.name == name && $0.segment == segment && (limit == nil || $0.limit == limit) }
    }
}
