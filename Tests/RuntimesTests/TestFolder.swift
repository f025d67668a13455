import Foundation
import Logging
import Runtimes
import Tensors

/// A folder of its own for one test, gone with the object.
final class TestFolder: Sendable {
    let path: String

    init() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("slipway-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        path = folder.path
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    func write(_ bytes: [UInt8], to name: String) throws {
        let url = URL(fileURLWithPath: "\(path)/\(name)")
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(bytes).write(to: url)
    }

    /// The artifact of a model that was just written into this folder.
    func artifact(_ bytes: [UInt8], named name: String = "model.onnx") throws -> ModelArtifact {
        try write(bytes, to: name)
        return ModelArtifact(digest: "test", directory: path, modelFile: name)
    }
}

/// What a test that runs models needs of the machine.
enum TestMachine {
    static let runtime = ONNXRuntime(search: search)

    static var search: ONNXRuntimeSearch {
        ONNXRuntimeSearch(
            explicitPath: nil, named: ProcessInfo.processInfo.environment["SLIPWAY_ONNXRUNTIME"], folder: nil,
            workingFolder: FileManager.default.currentDirectoryPath)
    }

    /// The slipway binary: named by the environment, or built beside the tests.
    static var slipway: String? {
        if let named = ProcessInfo.processInfo.environment["SLIPWAY_BINARY"] { return named }
        guard let tests = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe") else {
            return nil
        }
        let beside = URL(fileURLWithPath: tests).deletingLastPathComponent().appendingPathComponent("slipway").path
        return FileManager.default.isExecutableFile(atPath: beside) ? beside : nil
    }

    /// One loaded copy of `model`.
    static func load(_ model: Message, options: RuntimeOptions = RuntimeOptions()) throws -> any ModelInstance {
        let folder = try TestFolder()
        return try runtime.load(folder.artifact(model.bytes), options: options)
    }

    /// Starts workers out of the binary beside the tests.
    static var host: WorkerHost {
        WorkerHost(
            command: .init(path: slipway ?? "/nonexistent", arguments: ["model-worker"]),
            library: try? runtime.library().path, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    /// One loaded copy of `model` in a process of its own, from `folder`.
    static func loadInWorker(
        _ model: Message, _ folder: TestFolder, memoryBytes: Int? = nil, runs: Int = 2, runMilliseconds: Int = 60_000
    ) throws -> any ModelInstance {
        let signature = try load(model).description.signature
        return try host.load(
            folder.artifact(model.bytes), signature: signature, options: RuntimeOptions(),
            limits: WorkerLimits(memoryBytes: memoryBytes, runs: runs, runMilliseconds: runMilliseconds), place: "test")
    }
}
