import CWorkerMemory
import Glibc
import Logging

/// The worker itself, in its own process: `slipway model-worker DIRECTORY MODELFILE [--intra-op-threads N] [--slots N]
/// [--memory BYTES] [--library PATH]`, started by `WorkerHost` and by nobody else.
///
/// Standard input is the socket to the server: orders come over it, the report goes over it, and its end means that the
/// server is gone, and the worker with it.
package enum ModelWorkerProcess {
    /// Exit codes besides 0, which stands for a server that is gone.
    private enum ExitCode {
        /// `EX_USAGE` of sysexits.h: not the server's arguments, or nothing where its descriptors should be.
        static let usage: Int32 = 64
        /// `EX_SOFTWARE`: the model was not loaded; the report says why.
        static let notLoaded: Int32 = 70
    }

    /// The process's whole life. Returns its exit code.
    package static func run(arguments: [String]) -> Int32 {
        guard let settings = WorkerSettings(arguments: arguments),
            let control = SharedMemory(
                taking: WorkerProcess.Descriptor.control, byteCount: settings.slots * SharedLayout.blockBytes)
        else {
            let text = "model-worker: started by slipway itself, with DIRECTORY MODELFILE and limits\n"
            _ = text.withCString { write(STDERR_FILENO, $0, strlen($0)) }
            return ExitCode.usage
        }
        Allocator.giveLargeBlocksBack()
        Confinement.enterWorker(memoryBytes: settings.memoryBytes, slots: settings.slots)
        guard let instance = load(settings) else { return ExitCode.notLoaded }
        guard let desk = WorkerDesk(slots: settings.slots, instance: instance, control: control) else {
            return ExitCode.usage
        }
        let report = WorkerReport(load: CheckerReport(.success(instance.description)), threads: desk.threads)
        guard report.send(over: WorkerProcess.Descriptor.socket) else { return 0 }
        while let (order, descriptor) = WorkerOrder.receive(from: WorkerProcess.Descriptor.socket) {
            desk.follow(order, descriptor)
        }
        // Not by way of `exit`: runs that go on must not meet what that takes down.
        _exit(0)
    }

    /// `nil` when it cannot be loaded; then the server has been told.
    private static func load(_ settings: WorkerSettings) -> (any ModelInstance)? {
        let runtime = ONNXRuntime(
            search: .ofThisProcess(explicitPath: settings.library),
            logger: Logger(label: "worker") { _ in SwiftLogNoOpLogHandler() })
        let artifact = ModelArtifact(digest: "", directory: settings.directory, modelFile: settings.modelFile)
        do throws(ModelLoadError) {
            return try runtime.load(artifact, options: RuntimeOptions(intraOpThreads: settings.intraOpThreads))
        } catch {
            _ = WorkerReport(load: CheckerReport(.failure(error)), threads: [])
                .send(over: WorkerProcess.Descriptor.socket)
            return nil
        }
    }
}
