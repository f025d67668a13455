import NIOCore

/// `TritonSettings` over HTTP.
enum TritonSettingsAnswers {
    static func answer(_ route: RouteID, _ body: ByteBuffer) throws(HTTPFault) -> Answer {
        switch route {
        case .traceSettings: return trace
        case .logSettings: return log
        case .updateTraceSettings:
            let levels = try SmallDocument(body).texts("trace_level")
            try refused { () throws(TritonSettings.Refusal) in try TritonSettings.checkTrace(levels: levels) }
            return trace
        default:
            let document = try SmallDocument(body)
            let names = document.names.filter { !document.texts($0).isEmpty }
            try refused { () throws(TritonSettings.Refusal) in try TritonSettings.checkLog(changing: names) }
            return log
        }
    }

    static func sharedMemory(_ match: RouteMatch) throws(HTTPFault) -> Answer {
        try refused { () throws(TritonSettings.Refusal) in try TritonSettings.checkSharedMemory(region: match.other) }
        return Answer(json: [])
    }

    private static func refused(_ check: () throws(TritonSettings.Refusal) -> Void) throws(HTTPFault) {
        do throws(TritonSettings.Refusal) {
            try check()
        } catch {
            throw HTTPFault(.badRequest, error.message)
        }
    }

    private static let trace = Answer(
        json: .object(
            TritonSettings.trace.map { setting in
                let values = setting.values.map { JSONValue.string($0) }
                return (setting.name, setting.name == "trace_level" ? .array(values) : values[0])
            }))

    private static let log = Answer(
        json: .object(
            TritonSettings.log.map { setting in
                switch setting.value {
                case .bool(let flag): (setting.name, .bool(flag))
                case .level(let level): (setting.name, .unsigned(UInt64(level)))
                case .text(let text): (setting.name, .string(text))
                }
            }))
}
