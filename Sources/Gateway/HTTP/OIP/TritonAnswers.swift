import NIOCore
import Serving
import Tensors

/// What Triton's clients read beyond the protocol: model configuration, statistics, settings.
///
/// Sources: Triton's "Model Configuration", "Statistics", "Trace" and "Logging" extensions.
enum TritonAnswers {
    static func platform(_ format: String) -> String { format == "onnx" ? "onnxruntime_onnx" : format }

    // MARK: configuration

    /// In the form of Triton's `ModelConfig`. The first dimension belongs to the shape (`max_batch_size` 0): requests are
    /// not batched together, and clients send whole shapes.
    static func config(_ endpoint: Endpoint) -> Answer {
        let description = endpoint.entry.description
        return Answer(json: [
            "name": .string(endpoint.entry.name),
            "platform": .string(platform(description.format)),
            "backend": .string(description.format == "onnx" ? "onnxruntime" : description.format),
            "version_policy": ["specific": ["versions": [.integer(endpoint.entry.version)]]],
            "max_batch_size": 0,
            "input": .array(description.signature.inputs.map(input)),
            "output": .array(description.signature.outputs.map(output)),
            "instance_group": [["name": .string(endpoint.entry.name), "kind": "KIND_CPU", "count": 1]],
            "default_model_filename": .string(
                endpoint.entry.artifact.files.map(\.path).first { $0.hasSuffix(".onnx") } ?? ""),
            "parameters": .object(
                description.customMetadata.sorted { $0.key < $1.key }.map {
                    ($0.key, ["string_value": .string($0.value)])
                }),
        ])
    }

    private static func input(_ spec: TensorSpec) -> JSONValue {
        var members = tensor(spec)
        members.append(("format", "FORMAT_NONE"))
        members.append(("optional", .bool(spec.isOptional)))
        return .object(members)
    }

    private static func output(_ spec: TensorSpec) -> JSONValue { .object(tensor(spec)) }

    private static func tensor(_ spec: TensorSpec) -> [(String, JSONValue)] {
        [
            ("name", .string(spec.name)), ("data_type", .string(dataType(spec.elementType))),
            ("dims", .array(spec.wireShape.map { .integer($0) })),
        ]
    }

    private static func dataType(_ type: ElementType) -> String {
        type == .bytes ? "TYPE_STRING" : "TYPE_" + type.rawValue
    }

    // MARK: statistics

    static func statistics(_ endpoints: [Endpoint]) -> Answer {
        Answer(json: ["model_stats": .array(endpoints.map(statistics))])
    }

    private static func statistics(_ endpoint: Endpoint) -> JSONValue {
        let counts = endpoint.statistics.snapshot()
        func sum(_ count: UInt64, _ nanoseconds: UInt64) -> JSONValue {
            ["count": .unsigned(count), "ns": .unsigned(nanoseconds)]
        }
        let answered = counts.successes
        return [
            "name": .string(endpoint.entry.name),
            "version": .string(endpoint.versionText),
            "last_inference": .unsigned(counts.lastInference),
            "inference_count": .unsigned(counts.rows),
            "execution_count": .unsigned(counts.executions),
            "inference_stats": [
                "success": sum(answered, counts.total),
                "fail": sum(counts.failures, counts.failed),
                "queue": sum(answered, counts.queue),
                "compute_input": sum(answered, counts.decode),
                "compute_infer": sum(answered, counts.compute),
                "compute_output": sum(answered, counts.encode),
                "cache_hit": sum(0, 0),
                "cache_miss": sum(0, 0),
            ],
            // Requests are not batched together, so there are no sizes of batches to tell apart.
            "batch_stats": [],
        ]
    }

    // MARK: settings

    /// Trace and log settings. Both are as they are: an update is answered with them when it asks for nothing else.
    static func settings(_ route: RouteID, _ body: ByteBuffer) throws(HTTPFault) -> Answer {
        switch route {
        case .traceSettings: return trace
        case .logSettings: return log
        case .updateTraceSettings:
            let document = try SmallDocument(body)
            let asked = document.texts("trace_level").filter { $0 != "OFF" }
            guard asked.isEmpty else {
                throw HTTPFault(.badRequest, "tracing is not offered: 'trace_level' can only be OFF")
            }
            return trace
        default:
            let document = try SmallDocument(body)
            let asked = document.names.filter { !document.texts($0).isEmpty }
            guard asked.isEmpty else {
                throw HTTPFault(
                    .badRequest,
                    "log settings cannot be changed here (\(asked.joined(separator: ", "))): they belong to the "
                        + "server's configuration")
            }
            return log
        }
    }

    private static let trace = Answer(json: [
        "trace_level": ["OFF"], "trace_rate": "1000", "trace_count": "-1", "log_frequency": "0", "trace_file": "",
        "trace_mode": "triton",
    ])

    private static let log = Answer(json: [
        "log_file": "", "log_info": true, "log_warning": true, "log_error": true, "log_verbose_level": 0,
        "log_format": "default",
    ])

    // MARK: shared memory

    /// No region is ever registered: tensors travel in the request.
    static func sharedMemory(_ match: RouteMatch) throws(HTTPFault) -> Answer {
        if let region = match.other {
            throw HTTPFault(.badRequest, "there is no shared memory region '\(region)': none can be registered")
        }
        return Answer(json: [])
    }
}
