import Gateway
import InferenceProtobuf

/// `TritonSettings` over gRPC.
enum SettingsAnswers {
    /// A `TraceSettingResponse`; fails where the request would have tracing on.
    static func trace(_ request: ProtobufMessage) throws -> ProtobufBuilder {
        for entry in try request.messages(1) where try entry.string(1) == "trace_level" {
            for value in try entry.messages(2) { try TritonSettings.checkTrace(levels: try value.strings(1)) }
        }
        var answer = ProtobufBuilder()
        for setting in TritonSettings.trace {
            answer.entry(1, setting.name) { value in
                for text in setting.values { value.element(1, text) }
            }
        }
        return answer
    }

    /// A `LogSettingsResponse`; fails where the request would change one.
    static func log(_ request: ProtobufMessage) throws -> ProtobufBuilder {
        let changed = try request.messages(1).filter { try !$0.messages(2).isEmpty }
        try TritonSettings.checkLog(changing: try changed.map { try $0.string(1) }.sorted())
        var answer = ProtobufBuilder()
        for setting in TritonSettings.log {
            answer.entry(1, setting.name) { value in
                switch setting.value {
                case .bool(let flag): value.choice(1, flag ? 1 : 0)
                case .level(let level): value.choice(2, UInt64(level))
                case .text(let text): value.element(3, text)
                }
            }
        }
        return answer
    }
}
