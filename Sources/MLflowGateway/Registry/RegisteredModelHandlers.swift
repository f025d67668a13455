import Experiments
import Gateway
import Journal
import Registry

/// Registered models: what MLflow calls the models of the registry.
extension MLflowInterface {
    func createModel(_ call: MLflowCall) async throws -> Answer {
        try Self.refusePrompts(call)
        let model = try await services.catalog.register(
            try call.fields.required("name"), description: try call.fields.text("description") ?? "",
            tags: try Self.tags(call), space: call.space, principal: call.principal)
        return try await Self.answer(model, call, services)
    }

    func model(_ call: MLflowCall) async throws -> Answer {
        try await Self.answer(
            try await services.catalog.model(try call.fields.required("name"), space: call.space), call, services)
    }

    /// Names are for life: endpoints, promotions and the audit name a model by it.
    func renameModel(_ call: MLflowCall) async throws -> Answer {
        let model = try await services.catalog.model(try call.fields.required("name"), space: call.space)
        throw ControlError(
            .invalid, "the model '\(model.name)' cannot be renamed: a model's name is for life", field: "new_name",
            hint: "register its versions under the new name: mlflow.register_model(\"models:/\(model.name)/1\", ...)")
    }

    func updateModel(_ call: MLflowCall) async throws -> Answer {
        let model = try await services.catalog.describe(
            try call.fields.required("name"), try call.fields.text("description") ?? "", space: call.space,
            principal: call.principal)
        return try await Self.answer(model, call, services)
    }

    func deleteModel(_ call: MLflowCall) async throws -> Answer {
        do throws(ControlError) {
            try await services.catalog.unregister(
                try call.fields.required("name"), space: call.space, principal: call.principal)
        } catch  where error.code == .conflict {
            throw Self.held(error)
        }
        return .done
    }

    func searchModels(_ call: MLflowCall) async throws -> Answer {
        let (offset, limit) = try call.page(standard: 100, maximum: 1000)
        let filter = try SearchFilter(try call.fields.text("filter") ?? "", for: .registeredModels)
        var orders = try SearchOrder.list(try call.fields.texts("order_by"), for: .registeredModels)
        orders.append(SearchOrder(SearchField(.attribute, "name")))
        let found = orders.sort(
            try await services.catalog.models(space: call.space).filter { model in
                filter.matches { model.value($0).map { [$0] } ?? [] }
            }, value: { $0.value($1) })
        var forms: [JSONValue] = []
        let page = found.dropFirst(offset).prefix(limit)
        for model in page { forms.append(try await Self.form(model, call, services)) }
        return .page("registered_models", forms, next: offset + page.count < found.count ? offset + page.count : nil)
    }

    /// There are no stages but `None`: whoever asks for another one gets nothing.
    func latestVersions(_ call: MLflowCall) async throws -> Answer {
        let model = try await services.catalog.model(try call.fields.required("name"), space: call.space)
        let stages = try call.fields.texts("stages").map { $0.lowercased() }
        var forms: [JSONValue] = []
        if let latest = model.latest, stages.isEmpty || stages.contains("none") {
            forms.append(
                JSONValue(try await services.catalog.version(model.name, number: latest, space: call.space)))
        }
        return Answer(json: ["model_versions": .array(forms)])
    }

    func tagModel(_ call: MLflowCall) async throws -> Answer {
        try await services.catalog.tag(
            try call.fields.required("name"), try call.fields.required("key"), try call.fields.text("value") ?? "",
            space: call.space, principal: call.principal)
        return .done
    }

    func untagModel(_ call: MLflowCall) async throws -> Answer {
        try await services.catalog.tag(
            try call.fields.required("name"), try call.fields.required("key"), nil, space: call.space,
            principal: call.principal)
        return .done
    }

    func setAlias(_ call: MLflowCall) async throws -> Answer {
        try await services.catalog.setAlias(
            try call.fields.required("alias"), of: try call.fields.required("name"), to: try call.version(),
            space: call.space, principal: call.principal)
        return .done
    }

    func deleteAlias(_ call: MLflowCall) async throws -> Answer {
        try await services.catalog.removeAlias(
            try call.fields.required("alias"), of: try call.fields.required("name"), space: call.space,
            principal: call.principal)
        return .done
    }

    func alias(_ call: MLflowCall) async throws -> Answer {
        let version = try await services.catalog.version(
            try call.fields.required("name"), alias: try call.fields.required("alias"), space: call.space)
        return Answer(json: ["model_version": JSONValue(version)])
    }

    /// What is needed cannot go. To MLflow's clients a conflict is a name that is taken, and this is none.
    static func held(_ error: ControlError) -> ControlError {
        ControlError(.invalid, error.message, field: error.field, hint: error.hint)
    }

    /// MLflow keeps prompts in its registry too.
    static func refusePrompts(_ call: MLflowCall) throws {
        guard try tags(call)["mlflow.prompt.is_prompt"]?.lowercased() == "true" else { return }
        throw ControlError(
            .invalid, "prompts are not kept here, only models", field: "tags",
            hint: "keep prompts in a server of MLflow's own: mlflow.set_registry_uri")
    }

    static func tags(_ call: MLflowCall) throws -> [String: String] {
        Dictionary(try call.fields.pairs("tags").map { ($0.key, $0.value) }) { $1 }
    }

    private static func answer(
        _ model: RegisteredModel, _ call: MLflowCall, _ services: MLflowServices
    ) async throws -> Answer {
        Answer(json: ["registered_model": try await form(model, call, services)])
    }

    private static func form(
        _ model: RegisteredModel, _ call: MLflowCall, _ services: MLflowServices
    ) async throws -> JSONValue {
        guard let latest = model.latest else { return JSONValue(model, latest: nil) }
        return JSONValue(
            model, latest: try await services.catalog.version(model.name, number: latest, space: call.space))
    }
}

extension MLflowCall {
    /// The number of a version, which travels as a text.
    func version() throws(ControlError) -> Int {
        let text = try fields.required("version")
        guard let number = Int(text), number > 0 else {
            throw ControlError(
                .invalid, "'version' must be a number from 1, got '\(Name.excerpt(of: text))'", field: "version")
        }
        return number
    }
}
