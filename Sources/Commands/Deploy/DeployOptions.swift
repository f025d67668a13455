import ArgumentParser
import ManagementAPI

/// The flags of `slipway deploy` that say how a version runs; the server knows their ranges.
struct DeployOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("Predictions that run at once (the server's compute_threads unless given).", valueName: "n"))
    var instances: Int?

    @Option(
        help: ArgumentHelp(
            "0 lets the model leave memory while nobody asks; the next request brings it back (1 unless given).",
            valueName: "0|1"))
    var minInstances: Int?

    @Option(
        help: ArgumentHelp(
            "With --min-instances 0: how long nobody must have asked (300 unless given).", valueName: "seconds"))
    var idleSeconds: Int?

    @Option(
        help: ArgumentHelp(
            "Predictions that may wait; one more is refused (the server's queue_limit unless given).", valueName: "n"))
    var queueLimit: Int?

    @Option(help: ArgumentHelp("Threads that one operator of the model may use (1 unless given).", valueName: "n"))
    var threads: Int?

    @Option(
        name: [.customLong("deadline-ms"), .customLong("deadline")],
        help: ArgumentHelp("Give a prediction up after this long (60000 unless given).", valueName: "milliseconds"))
    var deadline: Int?

    @Option(
        name: [.customLong("max-body-bytes"), .customLong("max-body")],
        help: ArgumentHelp("Refuse requests with larger bodies (67108864 unless given).", valueName: "bytes"))
    var maxBody: Int?

    @Option(
        help: ArgumentHelp(
            "Put requests together into runs of at most this many rows (each runs by itself unless given).",
            valueName: "rows"))
    var maxBatchSize: Int?

    @Option(
        help: ArgumentHelp(
            "With --max-batch-size: how long a request may wait for others (1000 unless given).",
            valueName: "microseconds"))
    var maxDelayUs: Int?

    @Option(
        help: ArgumentHelp(
            "Where the model runs: in the server's process or in one of its own (the space decides unless given).",
            valueName: "shared|worker"), transform: { try mode($0) })
    var isolation: IsolationMode?

    @Option(help: ArgumentHelp("In worker isolation: memory that the worker may have.", valueName: "bytes"))
    var workerMemoryBytes: Int?

    @OptionGroup(title: "The prediction ledger") var ledger: LedgerFlags

    mutating func validate() throws {
        let counts = [
            ("--instances", instances), ("--threads", threads), ("--queue-limit", queueLimit),
            ("--idle-seconds", idleSeconds), ("--deadline-ms", deadline), ("--max-body-bytes", maxBody),
            ("--max-batch-size", maxBatchSize), ("--worker-memory-bytes", workerMemoryBytes),
        ]
        for case (let flag, let count?) in counts where count < 1 {
            throw ValidationError("\(flag) must be 1 or more, got \(count)")
        }
        if maxDelayUs != nil, maxBatchSize == nil {
            throw ValidationError("--max-delay-us means something only with --max-batch-size")
        }
        if idleSeconds != nil, minInstances != 0 {
            throw ValidationError("--idle-seconds means something only with --min-instances 0")
        }
        if workerMemoryBytes != nil, isolation == .shared {
            throw ValidationError("--worker-memory-bytes means nothing with --isolation shared, which has no worker")
        }
    }

    private static func mode(_ word: String) throws -> IsolationMode {
        guard let mode = IsolationMode(rawValue: word) else {
            throw ValidationError("'\(word)' is no isolation; there are shared and worker")
        }
        return mode
    }

    /// `nil` when nothing is set.
    var options: DeploymentOptions? {
        let options = DeploymentOptions(
            instances: instances, minInstances: minInstances, idleSeconds: idleSeconds, queueLimit: queueLimit,
            intraOpThreads: threads, deadlineMilliseconds: deadline, maxBodyBytes: maxBody,
            batching: maxBatchSize.map { BatchingOptions(maxBatchSize: $0, maxDelayMicroseconds: maxDelayUs) },
            isolation: isolation, workerMemoryBytes: workerMemoryBytes, ledger: ledger.options)
        return options == DeploymentOptions() ? nil : options
    }
}
