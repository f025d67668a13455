import Experiments
import Gateway
import Journal

extension MLflowInterface {
    func createRun(_ call: MLflowCall) async throws -> Answer {
        var order = RunService.Order(experiment: .ofDefault)
        if try call.fields.text("experiment_id") != nil { order.experiment = try call.experiment() }
        order.name = try call.fields.text("run_name")
        order.user = try call.fields.text("user_id") ?? ""
        order.startedAt = try call.fields.whole("start_time")
        for tag in try call.fields.pairs("tags") { order.tags[tag.key] = tag.value }
        let run = try await services.runs.create(order, space: call.space, principal: call.principal)
        return Answer(json: ["run": JSONValue(run)])
    }

    func run(_ call: MLflowCall) async throws -> Answer {
        Answer(json: ["run": JSONValue(try await services.runs.run(try call.run(), space: call.space))])
    }

    func searchRuns(_ call: MLflowCall) async throws -> Answer {
        let (offset, limit) = try call.page(standard: 1000, maximum: 50_000)
        let order = try SearchOrder.list(try call.fields.texts("order_by"), for: .runs)
        let page = try await services.runs.search(
            RunQuery(
                space: call.space, experiments: try call.experiments(), view: try call.view("run_view_type"),
                filter: try SearchFilter(try call.fields.text("filter") ?? "", for: .runs), order: order),
            offset: offset, limit: limit)
        return .page("runs", page.items.map { JSONValue($0) }, next: page.next)
    }

    func updateRun(_ call: MLflowCall) async throws -> Answer {
        let run = try await services.runs.update(
            try call.run(), status: try status(call), endedAt: try call.fields.whole("end_time"),
            name: try call.fields.text("run_name"), space: call.space, principal: call.principal)
        return Answer(json: ["run_info": JSONValue(run)])
    }

    /// By its name, or by the number that MLflow gives it.
    private func status(_ call: MLflowCall) throws(ControlError) -> RunStatus? {
        guard let word = try call.fields.text("status"), !word.isEmpty else { return nil }
        let byNumber: [String: RunStatus] = [
            "1": .running, "2": .scheduled, "3": .finished, "4": .failed, "5": .killed,
        ]
        if let status = RunStatus(rawValue: word) ?? byNumber[word] { return status }
        let all = RunStatus.allCases.map(\.rawValue).joined(separator: ", ")
        throw ControlError(
            .invalid, "'status' must be one of \(all), got '\(Name.excerpt(of: word))'", field: "status")
    }

    func deleteRun(_ call: MLflowCall) async throws -> Answer {
        try await services.runs.delete(try call.run(), space: call.space, principal: call.principal)
        return .done
    }

    func restoreRun(_ call: MLflowCall) async throws -> Answer {
        try await services.runs.restore(try call.run(), space: call.space, principal: call.principal)
        return .done
    }

    func untagRun(_ call: MLflowCall) async throws -> Answer {
        try await services.runs.removeTag(
            try call.fields.required("key"), of: try call.run(), space: call.space, principal: call.principal)
        return .done
    }

    /// All of it in one answer up to 25,000 values; clients ask for further pages by themselves.
    func metricHistory(_ call: MLflowCall) async throws -> Answer {
        let (offset, limit) = try call.page(standard: 25_000, maximum: 25_000)
        let page = try await services.runs.history(
            of: try call.fields.required("metric_key"), run: try call.run(), space: call.space, offset: offset,
            limit: limit)
        return .page("metrics", page.items.map { JSONValue($0) }, next: page.next)
    }
}
