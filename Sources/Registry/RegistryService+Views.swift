package import Journal

extension RegistryService {
    /// The models with a version that is available in the space, by name.
    package func models(
        space: String, after: String? = nil, limit: Int = PageLimit.standard
    ) async throws(ControlError) -> Listing<ModelSummary> {
        let limit = PageLimit.clamp(limit)
        let found = try await store.read { transaction in
            try Self.requireSpace(space, transaction)
            return try transaction.models(space: space, after: after, limit: limit + 1)
        }
        return Page.cut(found, limit: limit, key: \.name)
    }

    /// A model as it is seen from the space; `notFound` when none of its versions is available there.
    package func model(_ name: String, space: String) async throws(ControlError) -> ModelSummary {
        let found = try await store.read { transaction in
            try Self.requireSpace(space, transaction)
            return try transaction.modelSummary(name, space: space)
        }
        guard let found else { throw Self.notFound(name, nil, space) }
        return found
    }

    /// The versions that are available in the space, newest first; `after` is the number that the page before ended with.
    package func versions(
        of model: String, space: String, after: String? = nil, limit: Int = PageLimit.standard
    ) async throws(ControlError) -> Listing<VersionSummary> {
        let before = after.flatMap(Int.init)
        if let after, before == nil {
            throw ControlError(.invalid, "'\(Name.excerpt(of: after))' is not a version number", field: "after")
        }
        let limit = PageLimit.clamp(limit)
        let found = try await store.read { transaction in
            try Self.requireSpace(space, transaction)
            guard try transaction.modelSummary(model, space: space) != nil else {
                throw Self.notFound(model, nil, space)
            }
            return try transaction.versions(model: model, space: space, before: before, limit: limit + 1)
        }
        return Page.cut(found, limit: limit) { String($0.number) }
    }

    /// One version that is available in the space, else `notFound`.
    ///
    /// - Parameter number: `nil` for the latest that is available in the space.
    package func version(
        _ model: String, number: Int? = nil, space: String
    ) async throws(ControlError) -> ModelVersion {
        let found = try await store.read { transaction in
            try Self.requireSpace(space, transaction)
            return try transaction.version(model: model, number: number, space: space)
        }
        guard let found else { throw Self.notFound(model, number, space) }
        return found
    }

    private static func requireSpace(_ space: String, _ transaction: any RegistryTransaction) throws {
        guard try transaction.hasSpace(space) else {
            throw ControlError.spaceNotFound(space)
        }
    }

    /// The same words whether the model is unknown or only unavailable here: another space's names are its own.
    package static func notFound(_ model: String, _ number: Int?, _ space: String) -> ControlError {
        let label = Name.excerpt(of: model, limit: 128) + (number.map { ":\($0)" } ?? "")
        return ControlError(
            .notFound, "there is no model '\(label)' in space '\(space)'", field: number == nil ? "model" : "version",
            hint: "`slipway model list` shows the models there are")
    }
}
