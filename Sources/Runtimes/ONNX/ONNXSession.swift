import CONNXRuntime

/// One loaded session of ONNX Runtime, released with this object.
final class ONNXSession: @unchecked Sendable {
    let library: ONNXRuntimeLibrary
    let pointer: OpaquePointer

    /// Loads the model file at `path`. Blocks for as long as reading and optimising it take.
    init(library: ONNXRuntimeLibrary, path: String, options: RuntimeOptions) throws(ONNXFailure) {
        let functions = library.functions
        var settings: OpaquePointer?
        try functions.check(functions.CreateSessionOptions(&settings))
        guard let settings else { throw ONNXFailure(code: .fail, message: "no session options") }
        defer { functions.ReleaseSessionOptions(settings) }
        try Self.configure(settings, functions, options)
        var session: OpaquePointer?
        try functions.check(functions.CreateSession(library.environment, path, settings, &session))
        guard let session else { throw ONNXFailure(code: .fail, message: "no session") }
        self.library = library
        self.pointer = session
    }

    /// A thread of its own gives the memory back: the last to let go may be an event loop, and a large session takes
    /// milliseconds.
    deinit {
        let session = ReleasedSession(functions: library.functions, pointer: pointer)
        if !BlockingThread.start({ session.release() }) { session.release() }
    }

    private static func configure(
        _ settings: OpaquePointer, _ functions: ORTFunctions, _ options: RuntimeOptions
    ) throws(ONNXFailure) {
        // With one thread there is no pool at all: a run happens on the thread that asks for it. With more, a pool of
        // exactly that size for this session, since results depend on the number of threads in their last bits.
        let threads = Int32(clamping: max(1, options.intraOpThreads))
        try functions.check(functions.SetIntraOpNumThreads(settings, threads))
        if threads > 1, ThreadMaker.ofThisProcess.isThere {
            try functions.check(functions.SessionOptionsSetCustomCreateThreadFn(settings, ONNXThreads.create))
            try functions.check(functions.SessionOptionsSetCustomJoinThreadFn(settings, ONNXThreads.join))
        }
        try functions.check(functions.SetInterOpNumThreads(settings, 1))
        try functions.check(functions.SetSessionLogSeverityLevel(settings, 3))
        // An arena keeps what the largest request ever needed, per model and for ever, and remembered memory patterns
        // grow with each new input shape. Plain allocation gives the memory back.
        try functions.check(functions.DisableCpuMemArena(settings))
        try functions.check(functions.DisableMemPattern(settings))
        for (key, value) in [
            // Waiting threads would burn the cores that other models need.
            ("session.intra_op.allow_spinning", "0"),
            ("session.inter_op.allow_spinning", "0"),
            // Never the other format that the library would guess from a file's name or first bytes.
            ("session.load_model_format", "ONNX"),
        ] {
            try functions.check(functions.AddSessionConfigEntry(settings, key, value))
        }
    }
}

/// A session that nobody runs any more.
private struct ReleasedSession: @unchecked Sendable {
    let functions: ORTFunctions
    let pointer: OpaquePointer

    func release() {
        functions.ReleaseSession(pointer)
        FreedMemory.giveBack()
    }
}
