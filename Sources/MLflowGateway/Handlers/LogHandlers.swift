import Experiments
import Gateway
import Journal

/// What runs log. The answer comes once it is on disk.
extension MLflowInterface {
    func logMetric(_ call: MLflowCall) async throws -> Answer {
        try await log(call) { $0.metrics = [try MetricPoint(call.fields)] }
    }

    func logParam(_ call: MLflowCall) async throws -> Answer {
        try await log(call) { entry in
            entry.params = [(try call.fields.required("key"), try call.fields.text("value") ?? "")]
        }
    }

    func logBatch(_ call: MLflowCall) async throws -> Answer {
        try await log(call) { entry in
            entry.metrics = try call.fields.messages("metrics").map { try MetricPoint($0) }
            entry.params = try call.fields.pairs("params")
            entry.tags = try call.fields.pairs("tags")
        }
    }

    func tagRun(_ call: MLflowCall) async throws -> Answer {
        try await log(call) { entry in
            entry.tags = [(try call.fields.required("key"), try call.fields.text("value") ?? "")]
        }
    }

    func logModel(_ call: MLflowCall) async throws -> Answer {
        try await log(call) { $0.modelNote = try call.fields.required("model_json") }
    }

    func logInputs(_ call: MLflowCall) async throws -> Answer {
        try await log(call) { entry in
            entry.dataSets = try call.fields.messages("datasets").map { try DataSetInput($0) }
            entry.modelInputs = try call.fields.messages("models").map { try $0.required("model_id") }
        }
    }

    func logOutputs(_ call: MLflowCall) async throws -> Answer {
        try await log(call) { entry in
            entry.modelOutputs = try call.fields.messages("models").map {
                ModelOutput(model: try $0.required("model_id"), step: try $0.whole("step") ?? 0)
            }
        }
    }

    private func log(_ call: MLflowCall, _ fill: (inout RunLog.Entry) throws -> Void) async throws -> Answer {
        var entry = RunLog.Entry(run: try call.run(), space: call.space)
        try fill(&entry)
        try await services.runs.log.write(entry, principal: call.principal)
        return .done
    }
}
