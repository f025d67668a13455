import Glibc
import Logging
import Synchronization
import Tensors

/// The checker itself, in its child process: `slipway model-checker DIRECTORY MODELFILE [--memory BYTES]
/// [--load-seconds S] [--trial-seconds S] [--library PATH]`, started by `ModelChecker` and by nobody else.
///
/// Standard input is a pipe from the parent: its end means that the parent is gone, and the checker with it. The result
/// is one line of JSON on standard output.
package enum ModelCheckerProcess {
    /// Exit codes besides 0, which stands for a result on standard output, good or bad.
    package enum ExitCode {
        /// `EX_USAGE` of sysexits.h: not the parent's arguments, or no descriptor or thread to be had.
        package static let usage: Int32 = 64
        /// `EX_SOFTWARE` of sysexits.h: nobody is left to read a result.
        package static let parentGone: Int32 = 70
    }

    /// The child's whole life: reads its settings, gives itself limits, checks, writes one line. Returns its exit code.
    package static func run(arguments: [String]) -> Int32 {
        guard let settings = CheckerSettings(arguments: arguments) else {
            let text = "model-checker: started by slipway itself, with DIRECTORY MODELFILE and limits\n"
            _ = text.withCString { write(STDERR_FILENO, $0, strlen($0)) }
            return ExitCode.usage
        }
        Confinement.enter(memoryBytes: settings.memoryBytes, cpuSeconds: settings.wholeSeconds)
        guard let output = ReportOutput(), exitWithParent() else { return ExitCode.usage }
        output.send(check(settings, output))
        return 0
    }

    private static func check(
        _ settings: CheckerSettings, _ output: ReportOutput
    ) -> Result<ModelDescription, ModelLoadError> {
        let runtime = ONNXRuntime(
            search: .ofThisProcess(explicitPath: settings.library),
            logger: Logger(label: "checker") { _ in SwiftLogNoOpLogHandler() })
        let artifact = ModelArtifact(digest: "", directory: settings.directory, modelFile: settings.modelFile)
        let loading = Watchdog.start(
            seconds: settings.loadSeconds, output, "The model did not load within \(settings.loadSeconds) s")
        let instance: any ModelInstance
        do throws(ModelLoadError) {
            instance = try runtime.load(artifact, options: RuntimeOptions())
        } catch {
            return .failure(error)
        }
        loading.cancel()
        let trying = Watchdog.start(
            seconds: settings.trialSeconds, output,
            "The model did not finish a trial run within \(settings.trialSeconds) s: it may never end "
                + "(its inputs were zeros and empty strings, one wherever a dimension is open)")
        let result = trial(instance)
        trying.cancel()
        guard case .success(var description) = result else { return result }
        let proving = Watchdog.start(
            seconds: settings.trialSeconds, output,
            "The model did not answer its golden inputs within \(settings.trialSeconds) s")
        defer { proving.cancel() }
        do throws(ModelLoadError) {
            if let requests = try artifact.readGoldenRequests(for: description.signature) {
                try requests.check(on: instance)
                description.goldenRequests = requests.count
            }
        } catch {
            return .failure(error)
        }
        return .success(description)
    }

    /// A trial run that fails is a finding: made-up inputs do not suit every model. One that runs out of memory is not.
    private static func trial(_ instance: any ModelInstance) -> Result<ModelDescription, ModelLoadError> {
        var description = instance.description
        guard let inputs = MadeUpInputs.make(for: description.signature) else { return .success(description) }
        let outputs = Array(description.signature.outputs.indices)
        let clock = ContinuousClock()
        var message = ""
        var succeeded = false
        let duration = clock.measure {
            do throws(RunError) {
                _ = try instance.run(inputs, outputs: outputs, handle: nil)
                succeeded = true
            } catch {
                message = error.message
            }
        }
        if !succeeded && message.hasPrefix(ONNXFailure.outOfMemory) {
            return .failure(
                ModelLoadError(.outOfMemory, "A trial run on one row of zeros used up the memory limit. \(message)"))
        }
        let (seconds, attoseconds) = duration.components
        description.trialRun = TrialRun(
            succeeded: succeeded, message: message,
            microseconds: Int(clamping: seconds) * 1_000_000 + Int(attoseconds / 1_000_000_000_000))
        return .success(description)
    }

    /// Watches standard input from a thread of its own. False when there is no thread to be had.
    private static func exitWithParent() -> Bool {
        BlockingThread.start {
            var byte: UInt8 = 0
            while true {
                let count = read(STDIN_FILENO, &byte, 1)
                if count == 0 || (count < 0 && errno != EINTR) { _exit(ExitCode.parentGone) }
            }
        }
    }
}

/// Standard output, kept for the one report: whatever else writes there from now on writes nowhere.
private final class ReportOutput: Sendable {
    private let descriptor: CInt
    private let sent = Mutex(false)

    init?() {
        let copy = dup(STDOUT_FILENO)
        let nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC)
        guard copy >= 0, nowhere >= 0, dup2(nowhere, STDOUT_FILENO) >= 0 else { return nil }
        close(nowhere)
        descriptor = copy
    }

    /// Writes the report; only the first one counts.
    func send(_ result: Result<ModelDescription, ModelLoadError>) {
        let line = CheckerReport(result).line
        sent.withLock { sent in
            if sent { return }
            sent = true
            line.withUnsafeBytes { bytes in
                var offset = 0
                while offset < bytes.count, let base = bytes.baseAddress {
                    let count = write(descriptor, base + offset, bytes.count - offset)
                    if count < 0 && errno == EINTR { continue }
                    if count <= 0 { return }
                    offset += count
                }
            }
        }
    }
}

/// Ends the process with a report when something takes too long. A run cannot always be stopped; a process can.
private final class Watchdog: Sendable {
    private let cancelled = Atomic(false)

    static func start(seconds: Int, _ output: ReportOutput, _ message: String) -> Watchdog {
        let watchdog = Watchdog()
        // Without a thread for it, the parent's own limit remains.
        _ = BlockingThread.start {
            let deadline = Deadline(seconds: seconds)
            while !deadline.hasPassed { _ = poll(nil, 0, deadline.milliseconds) }
            if watchdog.cancelled.load(ordering: .acquiring) { return }
            output.send(.failure(ModelLoadError(.timedOut, message)))
            _exit(0)
        }
        return watchdog
    }

    func cancel() {
        cancelled.store(true, ordering: .releasing)
    }
}
