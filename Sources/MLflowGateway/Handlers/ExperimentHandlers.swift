import Experiments
import Gateway
import Journal

extension MLflowInterface {
    func createExperiment(_ call: MLflowCall) async throws -> Answer {
        let id = try await services.experiments.create(
            try call.fields.required("name"), location: try call.fields.text("artifact_location"),
            tags: Dictionary(try call.fields.pairs("tags").map { ($0.key, $0.value) }, uniquingKeysWith: { $1 }),
            space: call.space, principal: call.principal)
        return Answer(json: ["experiment_id": .string("\(id)")])
    }

    func experiment(_ call: MLflowCall) async throws -> Answer {
        let found = try await services.experiments.experiment(try call.experiment(), space: call.space)
        return Answer(json: ["experiment": JSONValue(found)])
    }

    func experimentByName(_ call: MLflowCall) async throws -> Answer {
        let found = try await services.experiments.experiment(
            named: try call.fields.required("experiment_name"), space: call.space)
        return Answer(json: ["experiment": JSONValue(found)])
    }

    func searchExperiments(_ call: MLflowCall) async throws -> Answer {
        let (offset, limit) = try call.page(standard: 1000, maximum: 50_000)
        let order = try SearchOrder.list(try call.fields.texts("order_by"), for: .experiments)
        let page = try await services.experiments.search(
            ExperimentQuery(
                space: call.space, view: try call.view("view_type"),
                filter: try SearchFilter(try call.fields.text("filter") ?? "", for: .experiments), order: order),
            offset: offset, limit: limit)
        return .page("experiments", page.items.map { JSONValue($0) }, next: page.next)
    }

    func updateExperiment(_ call: MLflowCall) async throws -> Answer {
        try await services.experiments.rename(
            try call.experiment(), to: try call.fields.required("new_name"), space: call.space,
            principal: call.principal)
        return .done
    }

    func deleteExperiment(_ call: MLflowCall) async throws -> Answer {
        try await services.experiments.delete(try call.experiment(), space: call.space, principal: call.principal)
        return .done
    }

    func restoreExperiment(_ call: MLflowCall) async throws -> Answer {
        try await services.experiments.restore(try call.experiment(), space: call.space, principal: call.principal)
        return .done
    }

    func tagExperiment(_ call: MLflowCall) async throws -> Answer {
        try await services.experiments.setTag(
            try call.fields.required("key"), try call.fields.text("value") ?? "", of: try call.experiment(),
            space: call.space, principal: call.principal)
        return .done
    }

    func untagExperiment(_ call: MLflowCall) async throws -> Answer {
        try await services.experiments.removeTag(
            try call.fields.required("key"), of: try call.experiment(), space: call.space, principal: call.principal)
        return .done
    }
}

extension Answer {
    /// A page of a search.
    static func page(_ name: String, _ items: [JSONValue], next: Int?) -> Answer {
        Answer(
            json: .present([
                (name, .array(items)), ("next_page_token", next.map { .string(PageToken.text($0)) }),
            ]))
    }
}
