import Experiments
import Gateway
import Journal

extension MLflowInterface {
    func createLoggedModel(_ call: MLflowCall) async throws -> Answer {
        func given(_ name: String) throws -> String? { try call.fields.text(name).flatMap { $0.isEmpty ? nil : $0 } }
        let model = try await services.loggedModels.create(
            name: try call.fields.text("name"), type: try given("model_type"), experiment: try call.experiment(),
            run: try given("source_run_id"), params: try Self.dictionary(call, "params"),
            tags: try Self.dictionary(call, "tags"), space: call.space, principal: call.principal)
        return Answer(json: ["model": JSONValue(model)])
    }

    func loggedModel(_ call: MLflowCall) async throws -> Answer {
        let deleted = try call.fields.flag("allow_deleted") ?? false
        let model = try await services.loggedModels.model(call.loggedModel, space: call.space, deleted: deleted)
        return Answer(json: ["model": JSONValue(model)])
    }

    func searchLoggedModels(_ call: MLflowCall) async throws -> Answer {
        let (offset, limit) = try call.page(standard: 50, maximum: 1000)
        let dataSets = try call.fields.messages("datasets").map { fields in
            LoggedModelQuery.DataSet(
                name: try fields.required("dataset_name"), digest: try fields.text("dataset_digest"))
        }
        let page = try await services.loggedModels.search(
            LoggedModelQuery(
                space: call.space, experiments: try call.experiments(),
                filter: try SearchFilter(try call.fields.text("filter") ?? "", for: .loggedModels), dataSets: dataSets,
                order: try call.fields.messages("order_by").map(Self.order)),
            offset: offset, limit: limit)
        return .page("models", page.items.map { JSONValue($0) }, next: page.next)
    }

    private static func order(_ fields: MLflowFields) throws -> LoggedModelQuery.Order {
        let parsed = try SearchOrder(try fields.required("field_name"), for: .loggedModels)
        let order = SearchOrder(parsed.field, isAscending: try fields.flag("ascending") ?? true)
        guard let name = try fields.text("dataset_name"), !name.isEmpty else { return LoggedModelQuery.Order(order) }
        return LoggedModelQuery.Order(
            order, dataSet: LoggedModelQuery.DataSet(name: name, digest: try fields.text("dataset_digest")))
    }

    func finalizeLoggedModel(_ call: MLflowCall) async throws -> Answer {
        let word = try call.fields.required("status")
        guard let status = LoggedModelStatus.allCases.first(where: { $0.word == word || "\($0.rawValue)" == word })
        else {
            throw ControlError(
                .invalid, "'status' is '\(Name.excerpt(of: word))', which is no status of a logged model",
                field: "status")
        }
        let model = try await services.loggedModels.finalize(
            call.loggedModel, as: status, space: call.space, principal: call.principal)
        return Answer(json: ["model": JSONValue(model)])
    }

    func deleteLoggedModel(_ call: MLflowCall) async throws -> Answer {
        try await services.loggedModels.delete(call.loggedModel, space: call.space, principal: call.principal)
        return .done
    }

    func logLoggedModelParams(_ call: MLflowCall) async throws -> Answer {
        try await services.loggedModels.log(
            params: try Self.dictionary(call, "params"), to: call.loggedModel, space: call.space,
            principal: call.principal)
        return .done
    }

    func tagLoggedModel(_ call: MLflowCall) async throws -> Answer {
        try await services.loggedModels.set(
            tags: try Self.dictionary(call, "tags"), of: call.loggedModel, space: call.space, principal: call.principal)
        return Answer(
            json: ["model": JSONValue(try await services.loggedModels.model(call.loggedModel, space: call.space))])
    }

    func untagLoggedModel(_ call: MLflowCall) async throws -> Answer {
        try await services.loggedModels.removeTag(
            call.match.rest ?? "", of: call.loggedModel, space: call.space, principal: call.principal)
        return .done
    }

    private static func dictionary(_ call: MLflowCall, _ name: String) throws -> [String: String] {
        Dictionary(try call.fields.pairs(name).map { ($0.key, $0.value) }, uniquingKeysWith: { $1 })
    }
}
