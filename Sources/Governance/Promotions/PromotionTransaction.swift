package import Journal
package import Registry

/// Which promotions a list is about.
package struct PromotionFilter: Sendable, Hashable {
    /// Those into the space or out of it.
    package var space: String
    package var model: String?
    package var version: Int?
    /// Only those that something can still happen to.
    package var onlyOpen: Bool

    package init(space: String, model: String? = nil, version: Int? = nil, onlyOpen: Bool = false) {
        self.space = space
        self.model = model
        self.version = version
        self.onlyOpen = onlyOpen
    }
}

/// What promotions need of the database.
package protocol PromotionTransaction {
    /// The time that everything in this transaction happens at.
    var time: Timestamp { get }
    /// `nil` when there is no such space.
    func policy(of space: String) throws -> SpacePolicy?
    /// A version that is available in the space.
    func version(model: String, number: Int?, space: String) throws -> ModelVersion?
    /// The version of the model that is deployed in the space: at the endpoint that has the model's name, else where it was
    /// deployed last; `nil` when nothing is.
    func champion(of model: String, in space: String) throws -> ModelVersion?
    /// The last promotion that brought a version of the model into the space.
    func lastApplied(model: String, space: String) throws -> Int?
    /// The open promotion of this version into this space.
    func openPromotion(model: String, version: Int, target: String) throws -> Int?

    /// Gives the promotion its number.
    func insert(_ draft: PromotionDraft) throws -> Int
    /// Appends a step, and notes the state that it led to.
    func append(_ step: PromotionStep, to promotion: Int, state: PromotionLife.State) throws
    /// Makes the version available in the space.
    func makeAvailable(model: String, version: Int, space: String, by principal: Principal) throws

    func promotion(_ number: Int) throws -> Promotion?
    /// Newest first, those with a number below `before`, at most `limit`.
    func promotions(_ filter: PromotionFilter, before: Int?, limit: Int) throws -> [Promotion]
    /// In every space, oldest first.
    func openPromotions() throws -> [Int]
}

/// Where promotions are kept.
package typealias PromotionUnitOfWork = any UnitOfWork<any PromotionTransaction>
