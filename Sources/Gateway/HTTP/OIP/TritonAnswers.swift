package import Journal
import NIOCore
package import Serving
import Tensors

/// What Triton's clients read beyond the protocol: model configuration, statistics, settings.
///
/// Sources: Triton's "Model Configuration", "Statistics", "Trace" and "Logging" extensions.
package enum TritonAnswers {
    /// What Triton calls a format.
    package static func platform(_ format: String) -> String { format == "onnx" ? "onnxruntime_onnx" : format }

    /// What Triton calls what runs a format.
    package static func backend(_ format: String) -> String { format == "onnx" ? "onnxruntime" : format }

    // MARK: configuration

    /// In the form of Triton's `ModelConfig`. The first dimension belongs to the shape (`max_batch_size` 0): clients
    /// send whole shapes, and which of them share a run is the server's affair.
    static func config(_ endpoint: Endpoint) -> Answer {
        let description = endpoint.entry.description
        return Answer(json: [
            "name": .string(endpoint.entry.name),
            "platform": .string(platform(description.format)),
            "backend": .string(backend(description.format)),
            "version_policy": ["specific": ["versions": [.integer(endpoint.entry.version)]]],
            "max_batch_size": 0,
            "input": .array(description.signature.inputs.map(input)),
            "output": .array(description.signature.outputs.map(output)),
            "instance_group": [["name": .string(endpoint.entry.name), "kind": "KIND_CPU", "count": 1]],
            "default_model_filename": .string(modelFile(endpoint)),
            "parameters": .object(
                description.customMetadata.sorted { $0.key < $1.key }.map {
                    ($0.key, ["string_value": .string($0.value)])
                }),
        ])
    }

    /// The path of the file that a runtime opens; empty where none is known by its name.
    package static func modelFile(_ endpoint: Endpoint) -> String {
        endpoint.entry.artifact.files.map(\.path).first { $0.hasSuffix(".onnx") } ?? ""
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

    // MARK: repository

    /// The refusal of a load that carries a configuration, or files.
    package static func loadOverride(_ parameter: String) -> ControlError {
        ControlError(
            .invalid, "the load carries '\(Name.excerpt(of: parameter))', which cannot be changed by loading",
            field: "parameters", hint: "push a new version for other files; set options with `slipway deploy`")
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
            "batch_stats": .array(
                counts.batches.map { size in
                    [
                        "batch_size": .integer(size.rows), "compute_input": sum(size.runs, size.gather),
                        "compute_infer": sum(size.runs, size.compute), "compute_output": sum(size.runs, size.split),
                    ]
                }),
        ]
    }
}
