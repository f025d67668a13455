import Glibc
import Synchronization
package import Tensors

/// First contact with an unknown model: loads it and runs it once in a child process with limits, since a hostile file
/// can crash, fill or never leave the process that opens it.
package struct ModelChecker: Sendable {
    /// What a model may use before it is refused.
    package struct Limits: Sendable, Hashable {
        /// Address space in bytes; `nil` stands for 4 GiB and three times the size of the model's files.
        package var memoryBytes: Int?
        /// Seconds of the clock for loading.
        package var loadSeconds: Int
        /// Seconds for the one run on made-up inputs, and as many for all golden inputs together.
        package var trialSeconds: Int

        /// Less than a second becomes a second.
        package init(memoryBytes: Int? = nil, loadSeconds: Int = 30, trialSeconds: Int = 10) {
            self.memoryBytes = memoryBytes
            self.loadSeconds = max(1, loadSeconds)
            self.trialSeconds = max(1, trialSeconds)
        }
    }

    /// How the child is started: a program, and the words that make it `ModelCheckerProcess.run`.
    package struct Command: Sendable, Hashable {
        /// A path, not a name: `PATH` is not searched.
        package var path: String
        package var arguments: [String]

        package init(path: String, arguments: [String]) {
            self.path = path
            self.arguments = arguments
        }

        /// This binary again, under its hidden subcommand.
        package static let thisExecutable = Command(path: "/proc/self/exe", arguments: ["model-checker"])
    }

    private let command: Command
    private let library: String?

    /// - Parameter library: ONNX Runtime's shared library, when it is not to be searched for.
    package init(command: Command = .thisExecutable, library: String? = nil) {
        self.command = command
        self.library = library
    }

    /// The model's description, with what its trial run showed; or why it cannot be accepted.
    ///
    /// Waits on a thread of its own. Cancelling the task kills the child.
    package func check(
        _ artifact: ModelArtifact, limits: Limits = Limits()
    ) async throws(ModelLoadError) -> ModelDescription {
        let settings = CheckerSettings(
            directory: artifact.directory, modelFile: artifact.modelFile,
            memoryBytes: limits.memoryBytes ?? Self.defaultMemory(for: artifact), loadSeconds: limits.loadSeconds,
            trialSeconds: limits.trialSeconds, library: library)
        let child = CheckerChild(command: command, settings: settings)
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let started = BlockingThread.start { continuation.resume(returning: child.run()) }
                if !started {
                    continuation.resume(
                        returning: .failure(
                            ModelLoadError(.runtimeMissing, "The system gives no thread to check the model with")))
                }
            }
        } onCancel: {
            child.kill()
        }
        return try result.get()
    }

    /// ONNX Runtime holds a model up to three times while it loads it: the file, its parsed form and its packed weights.
    private static func defaultMemory(for artifact: ModelArtifact) -> Int {
        let base = 4 << 30
        let (tripled, overflow) = FolderSize.bytes(in: artifact.directory).multipliedReportingOverflow(by: 3)
        let (sum, tooMuch) = base.addingReportingOverflow(tripled)
        return overflow || tooMuch ? Int.max : sum
    }
}

/// The size of a folder's files.
enum FolderSize {
    /// The sum over all regular files at any depth; what cannot be read counts nothing.
    static func bytes(in folder: String) -> Int {
        guard let stream = opendir(folder) else { return 0 }
        defer { closedir(stream) }
        var total = 0
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name == "." || name == ".." { continue }
            let path = "\(folder)/\(name)"
            var status = stat()
            guard lstat(path, &status) == 0 else { continue }
            switch status.st_mode & S_IFMT {
            case S_IFREG: total = adding(total, Int(status.st_size))
            case S_IFDIR: total = adding(total, bytes(in: path))
            default: break
            }
        }
        return total
    }

    private static func adding(_ a: Int, _ b: Int) -> Int {
        let (sum, overflow) = a.addingReportingOverflow(b)
        return overflow ? Int.max : sum
    }
}
