import Experiments
import Gateway
import Journal
import Registry

/// Model versions, which are versions of the registry like those that are pushed.
extension MLflowInterface {
    func createVersion(_ call: MLflowCall) async throws -> Answer {
        try Self.refusePrompts(call)
        func given(_ name: String) throws -> String? { try call.fields.text(name).flatMap { $0.isEmpty ? nil : $0 } }
        let text = try call.fields.required("source")
        let finding = try await ModelSourceSearch(services: services, space: call.space).find(
            try ModelSource(text), run: try given("run_id"), loggedModel: try given("model_id"))
        let origin = VersionOrigin(
            source: text, run: finding.run, loggedModel: finding.loggedModel, runLink: try given("run_link"))
        let version = try await services.catalog.register(
            Registration(
                model: try call.fields.required("name"), space: call.space, files: finding.files,
                metrics: finding.metrics, tags: try Self.tags(call), gitCommit: finding.gitCommit,
                description: try call.fields.text("description") ?? "", origin: origin),
            principal: call.principal)
        return Answer(json: ["model_version": JSONValue(version)])
    }

    func modelVersion(_ call: MLflowCall) async throws -> Answer {
        let version = try await services.catalog.version(
            try call.fields.required("name"), number: try call.version(), space: call.space)
        return Answer(json: ["model_version": JSONValue(version)])
    }

    func updateVersion(_ call: MLflowCall) async throws -> Answer {
        let version = try await services.catalog.describe(
            try call.fields.required("name"), number: try call.version(), try call.fields.text("description") ?? "",
            space: call.space, principal: call.principal)
        return Answer(json: ["model_version": JSONValue(version)])
    }

    func deleteVersion(_ call: MLflowCall) async throws -> Answer {
        do throws(ControlError) {
            _ = try await services.registry.delete(
                try call.fields.required("name"), number: try call.version(), space: call.space,
                principal: call.principal)
        } catch  where error.code == .conflict {
            throw Self.held(error)
        }
        return .done
    }

    func searchVersions(_ call: MLflowCall) async throws -> Answer {
        let (offset, limit) = try call.page(standard: 10_000, maximum: 200_000)
        let filter = try SearchFilter(try call.fields.text("filter") ?? "", for: .modelVersions)
        var orders = try SearchOrder.list(try call.fields.texts("order_by"), for: .modelVersions)
        orders.append(SearchOrder(SearchField(.attribute, "name")))
        orders.append(SearchOrder(SearchField(.attribute, "version_number"), isAscending: false))
        let versions = try await services.catalog.versions(of: filter.model, space: call.space)
        let found = orders.sort(
            versions.filter { version in filter.matches { version.value($0).map { [$0] } ?? [] } },
            value: { $0.value($1) })
        let page = found.dropFirst(offset).prefix(limit)
        return .page(
            "model_versions", page.map { JSONValue($0) },
            next: offset + page.count < found.count ? offset + page.count : nil)
    }

    func versionLocation(_ call: MLflowCall) async throws -> Answer {
        let version = try await services.catalog.version(
            try call.fields.required("name"), number: try call.version(), space: call.space)
        return Answer(json: ["artifact_uri": .string(VersionPlace(version).location)])
    }

    func stage(_ call: MLflowCall) async throws -> Answer {
        let version = try await services.catalog.version(
            try call.fields.required("name"), number: try call.version(), space: call.space)
        throw ControlError(
            .invalid, "\(version.model) version \(version.number) has no stages to go through here", field: "stage",
            hint:
                "an alias says what a version is (set_registered_model_alias); `slipway promote` takes it to the next space"
        )
    }

    func tagVersion(_ call: MLflowCall) async throws -> Answer {
        try await services.catalog.tag(
            try call.fields.required("name"), number: try call.version(), try call.fields.required("key"),
            try call.fields.text("value") ?? "", space: call.space, principal: call.principal)
        return .done
    }

    func untagVersion(_ call: MLflowCall) async throws -> Answer {
        try await services.catalog.tag(
            try call.fields.required("name"), number: try call.version(), try call.fields.required("key"), nil,
            space: call.space, principal: call.principal)
        return .done
    }
}

extension SearchFilter {
    /// The one model that it lets through at most; `nil` where it does not say.
    fileprivate var model: String? {
        for clause in clauses where clause.field == SearchField(.attribute, "name") {
            if case .text(.equal, let name) = clause.condition { return name }
        }
        return nil
    }
}
