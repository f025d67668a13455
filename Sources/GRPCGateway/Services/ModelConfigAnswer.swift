import Gateway
import InferenceProtobuf
import Serving
import Tensors

/// An endpoint's configuration in the form of Triton's `ModelConfig`, as `TritonAnswers.config` has it over HTTP.
enum ModelConfigAnswer {
    /// A `ModelConfigResponse`.
    static func config(_ endpoint: Endpoint) -> ProtobufBuilder {
        var answer = ProtobufBuilder()
        answer.message(1) { config in
            let description = endpoint.entry.description
            config.string(1, endpoint.entry.name)
            config.string(2, TritonAnswers.platform(description.format))
            // version_policy.specific.versions
            config.message(3) { $0.message(3) { $0.packed(1, [endpoint.entry.version]) } }
            for spec in endpoint.signature.inputs { config.message(5) { input(spec, &$0) } }
            for spec in endpoint.signature.outputs { config.message(6) { output(spec, &$0) } }
            config.message(7) { group in
                group.string(1, endpoint.entry.name)
                group.int64(2, 1)
                group.int64(4, kindCPU)
            }
            config.string(8, TritonAnswers.modelFile(endpoint))
            for (key, value) in description.customMetadata.sorted(by: { $0.key < $1.key }) {
                config.entry(14, key) { $0.string(1, value) }
            }
            config.string(17, TritonAnswers.backend(description.format))
        }
        return answer
    }

    /// `ModelInstanceGroup.Kind.KIND_CPU`
    private static let kindCPU = 2

    private static func input(_ spec: TensorSpec, _ message: inout ProtobufBuilder) {
        message.string(1, spec.name)
        message.int64(2, dataType(spec.elementType))
        message.packed(4, spec.wireShape)
        message.bool(8, spec.isOptional)
    }

    private static func output(_ spec: TensorSpec, _ message: inout ProtobufBuilder) {
        message.string(1, spec.name)
        message.int64(2, dataType(spec.elementType))
        message.packed(3, spec.wireShape)
    }

    /// The number of the type in Triton's `DataType`.
    private static func dataType(_ type: ElementType) -> Int {
        switch type {
        case .bool: 1
        case .uint8: 2
        case .uint16: 3
        case .uint32: 4
        case .uint64: 5
        case .int8: 6
        case .int16: 7
        case .int32: 8
        case .int64: 9
        case .fp16: 10
        case .fp32: 11
        case .fp64: 12
        case .bytes: 13
        case .bf16: 14
        }
    }
}
