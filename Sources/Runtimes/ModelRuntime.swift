package import Tensors

/// A version's files laid out in a folder of their own, verified against their digests.
package struct ModelArtifact: Sendable, Hashable {
    /// The digest of the version's manifest.
    package let digest: String
    /// The folder that holds the files and nothing else; external data is opened beneath it only.
    package let directory: String
    /// The model file, relative to `directory`.
    package let modelFile: String

    package init(digest: String, directory: String, modelFile: String) {
        self.digest = digest
        self.directory = directory
        self.modelFile = modelFile
    }
}

/// What changes how a model is executed, and so what tells two loaded copies of one version apart.
package struct RuntimeOptions: Sendable, Hashable, Codable {
    /// Threads that one operator may use.
    package var intraOpThreads: Int

    package init(intraOpThreads: Int = 1) {
        self.intraOpThreads = intraOpThreads
    }
}

/// What executes a model format.
package protocol ModelRuntime: Sendable {
    /// The format it executes, as versions name it: `onnx`.
    var format: String { get }
    /// The runtime's name and version, for people; `nil` before it was first used and when it cannot be found.
    var version: String? { get }

    /// One loaded copy of a model. Blocks; called on threads that may.
    func load(_ artifact: ModelArtifact, options: RuntimeOptions) throws(ModelLoadError) -> any ModelInstance
}

/// One loaded copy of a model. Any number of threads may run it at once.
package protocol ModelInstance: AnyObject, Sendable {
    /// What the model file says, read when it was loaded.
    var description: ModelDescription { get }

    /// Runs the model once.
    ///
    /// - Parameters:
    ///   - inputs: in the order of `description.signature.inputs`; optional ones may be left out. The caller has
    ///     checked types and shapes against the signature.
    ///   - outputs: indices into `description.signature.outputs`, in the order wanted.
    ///   - handle: stops the run from another thread where the runtime can; `nil` on the shortest path.
    /// - Returns: one tensor for each wanted output, named as the signature names it.
    func run(_ inputs: [Tensor], outputs: [Int], handle: RunHandle?) throws(RunError) -> [Tensor]

    /// `run`, with what the model itself took where that is known better than by the caller's clock.
    func answer(_ inputs: [Tensor], outputs: [Int], handle: RunHandle?) throws(RunError) -> RunAnswer

    /// Runs the model once for a caller that must not wait (an event loop), on inputs whose run is known to be short.
    func attempt(_ inputs: [Tensor], outputs: [Int]) throws(RunError) -> RunAttempt

    /// Whether it can answer now.
    var health: InstanceHealth { get }

    /// How often the process that runs it was replaced.
    var restarts: Int { get }
}

/// Why a model cannot be loaded, in a sentence for people.
package struct ModelLoadError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What callers tell apart; the message says the rest.
    package enum Reason: String, Sendable, Hashable, Codable {
        case runtimeMissing, unsupportedFormat, invalidModel, digestMismatch, fileMissing, outOfMemory, timedOut,
            crashed
        /// The version's own golden inputs do not fit it, fail, or are not answered as they should be.
        case goldenFailed
        /// The model does not answer each row by itself, so that requests must not share runs.
        case notBatchable
    }

    package let reason: Reason
    /// Names the model's files by their path inside the version, not by where they are on the machine.
    package let message: String

    package init(_ reason: Reason, _ message: String) {
        self.reason = reason
        self.message = message
    }

    package var description: String { message }
}

/// Why one run gave no answer.
package enum RunError: Error, Sendable, Hashable {
    /// The model refused these inputs: the caller's fault.
    case invalidInput(String)
    /// The model or the runtime failed.
    case failed(String)
    /// No process was there to run it: nothing had begun, and the same run may go well a little later.
    case unavailable(String)
    /// The process that ran it is gone, and it may be what ended it.
    case lost(String)
    /// It asked for more memory than its process may have, which lives on.
    case outOfMemory(String)
    /// The deadline passed, or the caller went away.
    case terminated
}
