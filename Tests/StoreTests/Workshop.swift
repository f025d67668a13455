import Crypto
import Deployments
import Foundation
import Journal
import Registry
import Runtimes
import Serving
import Synchronization
import Tensors

@testable import Store

/// A data folder of a test's own, removed when the test is over.
final class Workshop: Sendable {
    let folder: String

    init() throws {
        folder = NSTemporaryDirectory() + "slipway-store-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    var data: String { folder + "/data" }

    func open(
        clock: any WallClock = ManualClock(), maximumBlobBytes: Int = 1 << 30, calls: FileCalls = FileCalls(),
        collectGraceSeconds: Int = 1000, auditHeadsPath: String? = nil
    ) throws -> Store {
        // The store keeps the folder as long as it is there itself.
        var kept = calls
        kept.write = { [self] file, bytes in withExtendedLifetime(self) { calls.write(file, bytes) } }
        return try Store(
            folder: data, clock: clock, maximumBlobBytes: maximumBlobBytes, calls: kept,
            collectGraceSeconds: collectGraceSeconds, auditHeadsPath: auditHeadsPath)
    }

    /// Opens again after a store was let go of: its threads may need a moment to let go of it too.
    func reopen() async throws -> Store {
        while true {
            do {
                return try open()
            } catch let error as StoreError {
                guard case .inUse = error.reason else { throw error }
                await Task.yield()
            }
        }
    }

    /// All regular files below a folder of the data folder.
    func files(_ name: String) -> [String] {
        let found = FileManager.default.subpaths(atPath: data + "/" + name) ?? []
        return found.filter {
            var isFolder: ObjCBool = false
            return FileManager.default.fileExists(atPath: data + "/" + name + "/" + $0, isDirectory: &isFolder)
                && !isFolder.boolValue
        }
    }

    func blobPath(_ sha256: String) -> String { "\(data)/blobs/sha256/\(sha256.prefix(2))/\(sha256)" }

    /// Flips one bit, as a rotting disk would.
    static func rot(_ path: String) throws {
        var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        bytes[bytes.count / 2] ^= 1
        let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        try handle.write(contentsOf: bytes)
        try handle.close()
    }
}

/// A clock that moves only when told to.
final class ManualClock: WallClock {
    private let time = Atomic<Int>(1_700_000_000_000_000)

    var now: Int { time.load(ordering: .relaxed) }

    func advance(_ microseconds: Int) { time.add(microseconds, ordering: .relaxed) }
}

/// Accepts every artifact, with a signature that depends on nothing.
struct EasyChecker: ModelChecking {
    func check(_ artifact: ModelArtifact) async throws(ModelLoadError) -> ModelDescription { .sample }
}

extension ModelDescription {
    static let sample = ModelDescription(
        format: "onnx",
        signature: Signature(
            inputs: [TensorSpec(name: "x", elementType: .fp32, shape: [.symbolic("batch"), .fixed(4), .unknown])],
            outputs: [TensorSpec(name: "y", elementType: .int64, shape: [.symbolic("batch")])]),
        opsets: ["ai.onnx": 17], irVersion: 8, producer: "a test", customMetadata: ["kind": "sample"])
}

extension Store {
    var service: RegistryService { RegistryService(store: registry, artifacts: artifacts, checker: EasyChecker()) }

    @discardableResult
    func upload(_ bytes: [UInt8], space: String = "default") async throws -> ArtifactReference.File {
        let sha256 = SHA256.hash(data: bytes).hexadecimal
        let upload = try await blobs.beginUpload(
            space: space, sha256: sha256, declaredSize: bytes.count, principal: .local)
        try await upload.append(bytes)
        let size = try await upload.finish()
        return ArtifactReference.File(path: "model.onnx", sha256: sha256, size: size)
    }

    @discardableResult
    func push(_ model: String, _ text: String, key: String? = nil) async throws -> PushOutcome {
        let file = try await upload(Array(text.utf8))
        return try await service.push(
            model: model, space: "default", files: [file], principal: .local, idempotencyKey: key)
    }
}

extension ArtifactReference.File {
    func at(_ path: String) -> Self { Self(path: path, sha256: sha256, size: size) }
}

/// The error of the control plane that `body` throws; `nil` when it throws none.
func controlError(_ body: () async throws -> Void) async -> ControlError? {
    do {
        try await body()
        return nil
    } catch { return error as? ControlError ?? ControlError(.internalFailure, "another error: \(error)") }
}
