import Glibc
import Tensors

/// How a worker for one model is started, any number of times.
struct WorkerLaunch: Sendable {
    let command: ModelChecker.Command
    let settings: WorkerSettings
    /// The version's; a worker that loads something else is refused.
    let signature: Signature

    /// Longer than any model takes that the checker let pass.
    private static let loadSeconds = 600

    /// Starts a process and waits until it has loaded the model. Blocks.
    ///
    /// - Parameter admit: told of the process as soon as it runs; false when it is not wanted any more.
    func start(_ admit: (WorkerProcess) -> Bool) -> Result<WorkerConnection, ModelLoadError> {
        guard let (control, descriptor) = SharedMemory.make(byteCount: settings.slots * SharedLayout.blockBytes) else {
            return .failure(systemRefused())
        }
        let started = WorkerProcess.start(command, settings, control: descriptor)
        let code = errno
        close(descriptor)
        errno = code
        guard let process = started else { return .failure(systemRefused()) }
        guard admit(process) else { return ended(process, ModelLoadError(.timedOut, "The load was given up")) }
        let deadline = Deadline(seconds: Self.loadSeconds)
        guard let report = process.report(until: deadline) else {
            return ended(
                process,
                deadline.hasPassed
                    ? ModelLoadError(.timedOut, "The worker did not load the model within \(Self.loadSeconds) s") : nil)
        }
        switch report.load.result {
        case .failure(let error)?: return ended(process, error)
        case .success(let description)?:
            guard description.signature == signature else {
                return ended(
                    process,
                    ModelLoadError(
                        .invalidModel, "The worker has loaded a model with other inputs or outputs than the version's"))
            }
            guard report.threads.count == settings.slots,
                let connection = WorkerConnection(
                    process: process, description: description, control: control, threads: report.threads,
                    limit: settings.memoryBytes)
            else { return ended(process, ModelLoadError(.crashed, "The worker's report contradicts itself")) }
            return .success(connection)
        case nil: return ended(process, nil)
        }
    }

    /// Puts the process away; the error is `error`, or else what it died of.
    private func ended(
        _ process: WorkerProcess, _ error: ModelLoadError?
    ) -> Result<WorkerConnection, ModelLoadError> {
        if error != nil { process.kill() }
        let ending = process.putAway(process.waitForSilence())
        return .failure(error ?? ModelLoadError(.crashed, "The worker died while it loaded the model: \(ending.cause)"))
    }

    private func systemRefused() -> ModelLoadError {
        ModelLoadError(.runtimeMissing, "The system starts no worker: \(String(cString: strerror(errno)))")
    }
}
