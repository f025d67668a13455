package import Logging
package import Tensors

/// Loads models into processes of their own.
package struct WorkerHost: Sendable {
    private let command: ModelChecker.Command
    private let library: String?
    private let logger: Logger
    private let watch = LoopWatch()

    /// - Parameters:
    ///   - command: what becomes `ModelWorkerProcess.run`.
    ///   - library: ONNX Runtime's shared library, when it is not to be searched for.
    package init(
        command: ModelChecker.Command = .init(path: "/proc/self/exe", arguments: ["model-worker"]),
        library: String? = nil, logger: Logger = Logger(label: "slipway.worker")
    ) {
        self.command = command
        self.library = library
        self.logger = logger
    }

    /// One loaded copy of a model in a process of its own. Blocks.
    ///
    /// - Parameters:
    ///   - signature: the version's, which the worker's must equal.
    ///   - place: whom it works for, as logs name it.
    package func load(
        _ artifact: ModelArtifact, signature: Signature, options: RuntimeOptions, limits: WorkerLimits, place: String
    ) throws(ModelLoadError) -> any ModelInstance {
        let settings = WorkerSettings(
            directory: artifact.directory, modelFile: artifact.modelFile, intraOpThreads: options.intraOpThreads,
            // A slot stays taken until its answer is written out: twice as many as runs, so that none waits for that.
            slots: min(WorkerSettings.mostSlots, limits.runs * 2),
            memoryBytes: limits.memoryBytes ?? Self.defaultMemory(for: artifact), library: library)
        var logger = logger
        logger[metadataKey: "worker.place"] = "\(place)"
        let worker = Worker(
            launch: WorkerLaunch(command: command, settings: settings, signature: signature), watch: watch,
            logger: logger)
        let connection = try worker.start()
        return WorkerInstance(
            worker: worker, description: connection.description,
            runLimit: UInt64(limits.runMilliseconds) &* 1_000_000)
    }

    /// ONNX Runtime holds a model up to three times while it loads it, and what it computes with comes on top.
    private static func defaultMemory(for artifact: ModelArtifact) -> Int {
        let (fourfold, overflow) = FolderSize.bytes(in: artifact.directory).multipliedReportingOverflow(by: 4)
        let (sum, tooMuch) = (2 << 30).addingReportingOverflow(fourfold)
        return overflow || tooMuch ? Int.max : sum
    }
}
