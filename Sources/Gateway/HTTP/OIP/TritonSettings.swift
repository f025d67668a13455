import Journal

/// What Triton's clients may ask about tracing, logging and shared memory. All of it is as it is: whoever asks for something
/// else is refused.
///
/// Sources: Triton's "Trace", "Logging" and "Shared Memory" extensions.
package enum TritonSettings {
    /// Why a change is refused; over HTTP a 400.
    package struct Refusal: Error, Sendable {
        package let message: String
    }

    package enum LogValue: Sendable {
        case bool(Bool)
        case level(UInt32)
        case text(String)
    }

    /// Each with its values; only `trace_level` can have several.
    package static let trace: [(name: String, values: [String])] = [
        ("trace_level", ["OFF"]), ("trace_rate", ["1000"]), ("trace_count", ["-1"]), ("log_frequency", ["0"]),
        ("trace_file", [""]), ("trace_mode", ["triton"]),
    ]

    package static let log: [(name: String, value: LogValue)] = [
        ("log_file", .text("")), ("log_info", .bool(true)), ("log_warning", .bool(true)), ("log_error", .bool(true)),
        ("log_verbose_level", .level(0)), ("log_format", .text("default")),
    ]

    /// An update that leaves tracing off changes nothing, and passes.
    package static func checkTrace(levels: [String]) throws(Refusal) {
        guard levels.allSatisfy({ $0 == "OFF" }) else {
            throw Refusal(message: "tracing is not offered: 'trace_level' can only be OFF")
        }
    }

    /// - Parameter names: the settings that are to have a value.
    package static func checkLog(changing names: [String]) throws(Refusal) {
        guard names.isEmpty else {
            throw Refusal(
                message: "log settings cannot be changed here (\(names.joined(separator: ", "))): they belong to the "
                    + "server's configuration")
        }
    }

    /// No region is ever registered: tensors travel in the request.
    package static func checkSharedMemory(region: String?) throws(Refusal) {
        guard let region, !region.isEmpty else { return }
        throw Refusal(
            message: "there is no shared memory region '\(Name.excerpt(of: region))': none can be registered")
    }

    package static let sharedMemoryRegistration = Refusal(
        message: "shared memory regions are not offered; send tensors in the request, as JSON or binary")
}
