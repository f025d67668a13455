import Serving
import Tensors

/// The bodies of TensorFlow Serving's REST interface beside predictions.
///
/// Source: TensorFlow Serving, "RESTful API": model status and model metadata. KServe's client of the same paths reads
/// `name` and `ready`.
enum TensorFlowAnswers {
    static func status(_ endpoint: Endpoint) -> Answer {
        Answer(json: [
            "model_version_status": .array(endpoint.versions.map(versionStatus)),
            "name": .string(endpoint.entry.name),
            "ready": .bool(endpoint.isReady),
        ])
    }

    private static func versionStatus(_ endpoint: Endpoint) -> JSONValue {
        let (state, code, message) =
            switch endpoint.state {
            case .ready: ("AVAILABLE", "OK", "")
            // Available all the same: the next request is answered, after a load.
            case .idle: ("AVAILABLE", "OK", "not in memory; the next request loads it")
            case .loading, .restarting: ("LOADING", "OK", "")
            case .unloaded: ("UNLOADING", "OK", "")
            case .failed(let why), .suspended(let why): ("END", "UNKNOWN", why)
            }
        return [
            "version": .string(endpoint.versionText), "state": .string(state),
            "status": ["error_code": .string(code), "error_message": .string(message)],
        ]
    }

    static func metadata(_ endpoint: Endpoint) -> Answer {
        let signature = endpoint.signature
        return Answer(json: [
            "model_spec": [
                "name": .string(endpoint.entry.name), "signature_name": "",
                "version": .string(endpoint.versionText),
            ],
            "metadata": [
                "signature_def": [
                    "signature_def": [
                        "serving_default": [
                            "inputs": tensors(signature.inputs), "outputs": tensors(signature.outputs),
                            "method_name": "tensorflow/serving/predict",
                        ]
                    ]
                ]
            ],
        ])
    }

    private static func tensors(_ specs: [TensorSpec]) -> JSONValue {
        .object(specs.map { ($0.name, tensor($0)) })
    }

    private static func tensor(_ spec: TensorSpec) -> JSONValue {
        [
            "dtype": .string(dataType(spec.elementType)),
            "tensor_shape": [
                "dim": .array(spec.wireShape.map { ["size": .string(String($0)), "name": ""] }),
                "unknown_rank": false,
            ],
            "name": .string(spec.name + ":0"),
        ]
    }

    /// The names of TensorFlow's `DataType`.
    private static func dataType(_ type: ElementType) -> String {
        switch type {
        case .bool: "DT_BOOL"
        case .int8: "DT_INT8"
        case .int16: "DT_INT16"
        case .int32: "DT_INT32"
        case .int64: "DT_INT64"
        case .uint8: "DT_UINT8"
        case .uint16: "DT_UINT16"
        case .uint32: "DT_UINT32"
        case .uint64: "DT_UINT64"
        case .fp16: "DT_HALF"
        case .bf16: "DT_BFLOAT16"
        case .fp32: "DT_FLOAT"
        case .fp64: "DT_DOUBLE"
        case .bytes: "DT_STRING"
        }
    }
}
