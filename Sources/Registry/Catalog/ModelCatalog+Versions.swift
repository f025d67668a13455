package import Journal

extension ModelCatalog {
    package func describe(
        _ model: String, number: Int, _ description: String, space: String, principal: Principal
    ) async throws(ControlError) -> CatalogVersion {
        try CatalogLimits.checkDescription(description)
        try await commit(space, principal) { transaction in
            let version = try Self.requireOwn(model, number, space, transaction)
            guard version.description != description else { return nil }
            try transaction.describe(model, number: number, description)
            return AuditDraft(
                action: "version.describe", subject: "\(model):\(number)",
                detail: ["description": Name.excerpt(of: description)])
        }
        return try await version(model, number: number, space: space)
    }

    /// The tags that the version was pushed with stay in its provenance; this is what is said of it since.
    ///
    /// - Parameter value: `nil` to remove the tag.
    package func tag(
        _ model: String, number: Int, _ key: String, _ value: String?, space: String, principal: Principal
    ) async throws(ControlError) {
        try CatalogLimits.checkTag(key, value ?? "")
        try await commit(space, principal) { transaction in
            let version = try Self.requireOwn(model, number, space, transaction)
            if value != nil, version.tags[key] == nil { try CatalogLimits.checkCount(version.tags.count + 1) }
            guard try transaction.setTag(key, to: value, of: model, number: number) else { return nil }
            return Self.tagging(
                value == nil ? "version.untag" : "version.tag", "\(model):\(number)", key, value)
        }
    }

    /// Lets the space call a version so that is available there; the version that it called so before loses the name.
    package func setAlias(
        _ alias: String, of model: String, to number: Int, space: String, principal: Principal
    ) async throws(ControlError) {
        try CatalogLimits.checkAlias(alias)
        try await commit(space, principal) { transaction in
            guard try transaction.catalogVersion(model, number: number, space: space) != nil else {
                throw RegistryService.notFound(model, number, space)
            }
            let before = try transaction.target(of: alias, model: model, space: space)
            guard before != number else { return nil }
            try transaction.setAlias(alias, of: model, to: number, space: space, by: principal)
            var detail = ["version": String(number)]
            detail["before"] = before.map { String($0) }
            return AuditDraft(action: "alias.set", subject: "\(model)@\(alias)", detail: detail)
        }
    }

    /// Takes an alias away; one that is not there may go too, as in MLflow.
    package func removeAlias(
        _ alias: String, of model: String, space: String, principal: Principal
    ) async throws(ControlError) {
        try await commit(space, principal) { transaction in
            _ = try Self.require(model, space, transaction)
            guard let before = try transaction.target(of: alias, model: model, space: space) else { return nil }
            try transaction.setAlias(alias, of: model, to: nil, space: space, by: principal)
            return AuditDraft(
                action: "alias.delete", subject: "\(model)@\(alias)", detail: ["before": String(before)])
        }
    }

    /// The version that the space calls so; `notFound` otherwise.
    package func version(
        _ model: String, alias: String, space: String
    ) async throws(ControlError) -> CatalogVersion {
        try await store.read { transaction in
            _ = try Self.require(model, space, transaction)
            guard let number = try transaction.target(of: alias, model: model, space: space),
                let version = try transaction.catalogVersion(model, number: number, space: space)
            else {
                throw ControlError(
                    .notFound, "the model '\(model)' has no alias '\(Name.excerpt(of: alias))' in space '\(space)'",
                    field: "alias")
            }
            return version
        }
    }

    /// Takes the model away with all of its versions, or leaves everything as it is: where one of them is needed, the
    /// refusal says for what. The name stays the space's, and its numbers go on from where they were.
    package func unregister(
        _ name: String, space: String, principal: Principal
    ) async throws(ControlError) {
        let mutation = Mutation(principal: principal, space: space, idempotency: nil)
        let gone = try await store.commit(mutation) { transaction in
            _ = try Self.requireOwn(name, space, transaction)
            let versions = try transaction.catalogVersions(of: name, space: space)
            for version in versions {
                _ = try DeletionOrder(model: name, number: version.number, space: space)
                    .apply(by: principal, in: transaction)
            }
            try transaction.unregister(name)
            let numbers = versions.reversed().map { String($0.number) }.joined(separator: ", ")
            return Change(
                versions.map(\.digest),
                event: AuditDraft(action: "model.unregister", subject: name, detail: ["versions": numbers]))
        }
        for digest in gone.answer { try await registry.discard(digest) }
    }

    private static func requireOwn(
        _ model: String, _ number: Int, _ space: String, _ transaction: any CatalogTransaction
    ) throws -> CatalogVersion {
        guard let version = try transaction.catalogVersion(model, number: number, space: space) else {
            throw RegistryService.notFound(model, number, space)
        }
        _ = try requireOwn(model, space, transaction)
        return version
    }
}
