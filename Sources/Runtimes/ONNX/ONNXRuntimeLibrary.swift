import CONNXRuntime
import Glibc
package import Logging

/// ONNX Runtime's shared library, opened once for the life of the process, with the environment that it wants.
///
/// A process has one such environment, whoever opens the library, and it is never torn down: sessions and values may
/// outlive everybody who knows it, and the library's own threads do not like to see it go.
package final class ONNXRuntimeLibrary: @unchecked Sendable {
    let functions: ORTFunctions
    /// Where the library was found; a bare file name when the dynamic linker found it.
    package let path: String
    /// The library's own version: `1.31.1`.
    package let version: String
    let environment: OpaquePointer
    let allocator: OpaquePointer
    /// Describes plain memory of this process, for tensors over our own bytes.
    let memoryInfo: OpaquePointer

    /// Opens the first library that `search` finds.
    package static func open(
        _ search: ONNXRuntimeSearch, logger: Logger
    ) throws(ModelLoadError) -> ONNXRuntimeLibrary {
        turnTelemetryOff()
        var tried: [String] = []
        for place in search.places {
            guard place.mayBeThere else {
                tried.append("\(place.path) (\(place.origin)): no such file")
                continue
            }
            switch open(place.path) {
            case .opened(let functions, let version):
                return try ONNXRuntimeLibrary(functions: functions, path: place.path, version: version, logger: logger)
            case .refused(let why): tried.append("\(place.path) (\(place.origin)): \(why)")
            }
            // A library that somebody named is the one they want, not whatever comes next.
            if place.isNamed { break }
        }
        throw ModelLoadError(.runtimeMissing, ONNXRuntimeSearch.advice(tried: tried))
    }

    /// The library reports to its maker by default as soon as it has an environment; this, before it is loaded, stops
    /// all of it. Processes of ours begin with it set, so that nothing changes here while other threads may look.
    private static func turnTelemetryOff() {
        if let value = getenv("ORT_DISABLE_TELEMETRY"), strcmp(value, "1") == 0 { return }
        setenv("ORT_DISABLE_TELEMETRY", "1", 1)
    }

    private enum Opening {
        case opened(ORTFunctions, version: String)
        case refused(String)
    }

    private static func open(_ path: String) -> Opening {
        withUnsafeTemporaryAllocation(of: ORTFunctions.self, capacity: 1) { memory in
            guard let table = memory.baseAddress else { return .refused("no memory") }
            var version: UnsafePointer<CChar>?
            let result = ORTOpen(path, table, &version)
            let found = version.map { String(cString: $0) } ?? "an unknown version"
            return switch result {
            case ORTOpenSucceeded: .opened(table.pointee, version: found)
            case ORTOpenTooOld:
                .refused("is ONNX Runtime \(found); 1.\(ORT_TABLE_VERSION) or newer is needed")
            case ORTOpenNotTheLibrary: .refused("is a shared library, but not ONNX Runtime")
            default: .refused(dlerror().map { String(cString: $0) } ?? "cannot be loaded")
            }
        }
    }

    private init(functions: ORTFunctions, path: String, version: String, logger: Logger) throws(ModelLoadError) {
        self.functions = functions
        self.path = path
        self.version = version
        let sink = Unmanaged.passRetained(ONNXRuntimeLog(logger: logger))
        var environment: OpaquePointer?
        var allocator: OpaquePointer?
        var memoryInfo: OpaquePointer?
        let failure = functions.firstFailure(
            functions.CreateEnvWithCustomLogger(
                ONNXRuntimeLog.callback, sink.toOpaque(), ONNXRuntimeLog.leastSeverity, "slipway", &environment),
            functions.GetAllocatorWithDefaultOptions(&allocator),
            // A device allocator (0) of the default memory type (0): memory that is not from an arena.
            functions.CreateCpuMemoryInfo(0, 0, &memoryInfo))
        guard failure == nil, let environment, let allocator, let memoryInfo else {
            throw ModelLoadError(
                .runtimeMissing, "ONNX Runtime at \(path) does not start: \(failure?.message ?? "no reason given")")
        }
        self.environment = environment
        self.allocator = allocator
        self.memoryInfo = memoryInfo
        // The environment variable has stopped it already; this is for a library that no longer reads that one.
        functions.ReleaseStatus(functions.DisableTelemetryEvents(environment))
    }
}

/// Where the library's own messages go: never to standard error, and only for people who debug, since every failure
/// also comes back as the status of the call.
private final class ONNXRuntimeLog: Sendable {
    /// Warnings and above (0 verbose, 1 info, 2 warning, 3 error, 4 fatal).
    static let leastSeverity: Int32 = 2

    private let logger: Logger

    init(logger: Logger) {
        self.logger = logger
    }

    static let callback: ORTLoggingFunction = { context, severity, category, _, location, message in
        guard let context, let message else { return }
        let log = Unmanaged<ONNXRuntimeLog>.fromOpaque(context).takeUnretainedValue()
        log.logger.log(
            level: severity >= 4 ? .error : .debug, "message from ONNX Runtime",
            metadata: [
                "onnxruntime.message": .string(String(cString: message)),
                "onnxruntime.category": .string(category.map { String(cString: $0) } ?? ""),
                "onnxruntime.location": .string(location.map { String(cString: $0) } ?? ""),
            ])
    }
}
