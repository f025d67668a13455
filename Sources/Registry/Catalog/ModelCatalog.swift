package import Journal

/// Models as people speak of them: names that wait for a version, aliases, tags and descriptions.
///
/// A model's tags and descriptions belong to the space that owns it and are read wherever a version of it is; an alias
/// belongs to the space that gives it, so that what a team calls its champion in production is nobody else's to move.
package final class ModelCatalog: Sendable {
    let store: CatalogUnitOfWork
    let registry: RegistryService
    let blobs: any BlobReading
    let threads = BlockingThreads(name: "slipway.catalog", width: 2)

    package init(store: CatalogUnitOfWork, registry: RegistryService, blobs: any BlobReading) {
        self.store = store
        self.registry = registry
        self.blobs = blobs
    }

    /// `notFound` where the space sees no such model.
    package func model(_ name: String, space: String) async throws(ControlError) -> RegisteredModel {
        try await store.read { try Self.require(name, space, $0) }
    }

    /// All that the space sees, by name.
    package func models(space: String) async throws(ControlError) -> [RegisteredModel] {
        try await store.read { transaction in
            guard try transaction.hasSpace(space) else { throw ControlError.spaceNotFound(space) }
            return try transaction.registeredModels(space: space)
        }
    }

    /// - Parameter number: `nil` for the latest that is available in the space.
    package func version(
        _ model: String, number: Int? = nil, space: String
    ) async throws(ControlError) -> CatalogVersion {
        let found = try await store.read { try $0.catalogVersion(model, number: number, space: space) }
        guard let found else { throw RegistryService.notFound(model, number, space) }
        return found
    }

    /// - Parameter model: `nil` for those of all models.
    package func versions(of model: String? = nil, space: String) async throws(ControlError) -> [CatalogVersion] {
        try await store.read { transaction in
            guard try transaction.hasSpace(space) else { throw ControlError.spaceNotFound(space) }
            return try transaction.catalogVersions(of: model, space: space)
        }
    }

    /// Takes the name for the space, before there is a version.
    ///
    /// Errors: `conflict` where the space has it already, `refused` where another space has it, or where versions come by
    /// promotion only.
    package func register(
        _ name: String, description: String = "", tags: [String: String] = [:], space: String, principal: Principal
    ) async throws(ControlError) -> RegisteredModel {
        try Name.validate(name, field: "name")
        try CatalogLimits.checkDescription(description)
        try CatalogLimits.checkCount(tags.count)
        for (key, value) in tags { try CatalogLimits.checkTag(key, value) }
        try await commit(space, principal) { transaction in
            if try transaction.registeredModel(name, space: space) != nil {
                throw ControlError(.conflict, "the model '\(name)' already exists", field: "name")
            }
            try RegistryService.admit(space, of: name, transaction)
            if let record = try transaction.model(named: name) {
                guard record.owner == space else {
                    throw ControlError(
                        .refused, "the model name '\(name)' is taken", field: "name", hint: "choose another name")
                }
            } else {
                try transaction.insertModel(name, owner: space, by: principal)
            }
            try transaction.register(name, description: description, by: principal)
            for (key, value) in tags { _ = try transaction.setTag(key, to: value, ofModel: name) }
            return AuditDraft(action: "model.register", subject: name, detail: ["tags": String(tags.count)])
        }
        return try await model(name, space: space)
    }

    package func describe(
        _ name: String, _ description: String, space: String, principal: Principal
    ) async throws(ControlError) -> RegisteredModel {
        try CatalogLimits.checkDescription(description)
        try await commit(space, principal) { transaction in
            let model = try Self.requireOwn(name, space, transaction)
            guard model.description != description else { return nil }
            try transaction.register(name, description: description, by: principal)
            return AuditDraft(
                action: "model.describe", subject: name, detail: ["description": Name.excerpt(of: description)])
        }
        return try await model(name, space: space)
    }

    /// - Parameter value: `nil` to remove the tag.
    package func tag(
        _ name: String, _ key: String, _ value: String?, space: String, principal: Principal
    ) async throws(ControlError) {
        try CatalogLimits.checkTag(key, value ?? "")
        try await commit(space, principal) { transaction in
            let model = try Self.requireOwn(name, space, transaction)
            if value != nil, model.tags[key] == nil { try CatalogLimits.checkCount(model.tags.count + 1) }
            guard try transaction.setTag(key, to: value, ofModel: name) else { return nil }
            return Self.tagging(value == nil ? "model.untag" : "model.tag", name, key, value)
        }
    }

    func commit(
        _ space: String, _ principal: Principal,
        _ body: @escaping @Sendable (any CatalogTransaction) throws -> AuditDraft?
    ) async throws(ControlError) {
        let mutation = Mutation(principal: principal, space: space, idempotency: nil)
        _ = try await store.commit(mutation) { Change(true, event: try body($0)) }
    }

    static func tagging(_ action: String, _ subject: String, _ key: String, _ value: String?) -> AuditDraft {
        var detail = ["key": key]
        detail["value"] = value.map { Name.excerpt(of: $0, limit: 256) }
        return AuditDraft(action: action, subject: subject, detail: detail)
    }

    static func require(
        _ name: String, _ space: String, _ transaction: any CatalogTransaction
    ) throws -> RegisteredModel {
        guard try transaction.hasSpace(space) else { throw ControlError.spaceNotFound(space) }
        guard let model = try transaction.registeredModel(name, space: space) else {
            throw RegistryService.notFound(name, nil, space)
        }
        return model
    }

    /// A model that the space may write beside.
    static func requireOwn(
        _ name: String, _ space: String, _ transaction: any CatalogTransaction
    ) throws -> RegisteredModel {
        let model = try require(name, space, transaction)
        guard model.owner == space else {
            throw ControlError(
                .refused, "the model '\(name)' belongs to another space, which describes it", field: "name",
                hint: "ask in the space where it was first pushed")
        }
        return model
    }
}
