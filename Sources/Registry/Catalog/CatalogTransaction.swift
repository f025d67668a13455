package import Journal

/// What the catalog needs of the database: names without versions, aliases, tags and descriptions.
package protocol CatalogTransaction: RegistryTransaction {
    /// A model as the space sees it: one that has a version there, or one of the space's own that was registered.
    func registeredModel(_ name: String, space: String) throws -> RegisteredModel?
    /// All that the space sees, by name.
    func registeredModels(space: String) throws -> [RegisteredModel]
    /// The versions that are available in the space, of one model or of all: by name, newest first.
    func catalogVersions(of model: String?, space: String) throws -> [CatalogVersion]
    /// The latest that is available in the space when `number` is `nil`.
    func catalogVersion(_ model: String, number: Int?, space: String) throws -> CatalogVersion?

    /// Notes that the model was registered, or says about it what is new.
    func register(_ model: String, description: String?, by principal: Principal) throws
    /// Forgets what was written beside the model.
    func unregister(_ model: String) throws
    /// `nil` removes the tag. False where nothing changed.
    func setTag(_ key: String, to value: String?, ofModel model: String) throws -> Bool

    func describe(_ model: String, number: Int, _ description: String) throws
    /// `nil` removes the tag, one that the version was pushed with too. False where nothing changed.
    func setTag(_ key: String, to value: String?, of model: String, number: Int) throws -> Bool

    /// The version that the space calls so.
    func target(of alias: String, model: String, space: String) throws -> Int?
    /// `nil` takes the alias away.
    func setAlias(_ alias: String, of model: String, to number: Int?, space: String, by principal: Principal) throws
}

/// Where the catalog keeps what it remembers.
package typealias CatalogUnitOfWork = any UnitOfWork<any CatalogTransaction>
