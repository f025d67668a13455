package import Journal

/// What is trained again: the model behind an endpoint.
package struct RetrainingSubject: Sendable, Hashable {
    package var model: String
    /// The space that owns the model.
    package var modelSpace: String

    package init(model: String, modelSpace: String) {
        self.model = model
        self.modelSpace = modelSpace
    }
}

/// Which runs a list is about.
package struct RunFilter: Sendable, Hashable {
    package var space: String
    package var endpoint: String?
    package var rule: String?
    /// Only those that have not ended.
    package var onlyOpen = false

    package init(space: String, endpoint: String? = nil, rule: String? = nil, onlyOpen: Bool = false) {
        self.space = space
        self.endpoint = endpoint
        self.rule = rule
        self.onlyOpen = onlyOpen
    }
}

/// What Retraining needs of the database.
package protocol RetrainingTransaction {
    /// The time that everything in this transaction happens at.
    var moment: Timestamp { get }
    func hasSpace(_ name: String) throws -> Bool
    /// `nil` where nothing is deployed at the endpoint.
    func retrainingSubject(_ endpoint: String, space: String) throws -> RetrainingSubject?

    /// The number that the next run will have.
    func nextRun() throws -> Int
    func insert(_ run: RetrainingRun) throws
    /// Keeps the run's state and progress.
    func save(_ run: RetrainingRun) throws
    /// A run of a space that is there; in any space where none is named.
    func run(_ number: Int, space: String?) throws -> RetrainingRun?
    /// Newest first, those with a number below `before`, at most `limit`.
    func runs(_ filter: RunFilter, before: Int?, limit: Int) throws -> [RetrainingRun]
    /// In every space, those that have not ended, or whose follow-up has not; oldest first.
    func openRuns() throws -> [RetrainingRun]
    /// The versions of the model that the run pushed, in their order.
    func versions(ofRun number: Int) throws -> [Int]
    /// The run that pushed a version; `nil` where a person or another program did.
    func run(thatPushed model: String, version: Int) throws -> RetrainingRun?

    /// What the rule's trigger has seen so far.
    func ruleMemory(_ rule: String, endpoint: String, space: String) throws -> RuleMemory?
    func setRuleMemory(_ memory: RuleMemory, of rule: String, endpoint: String, space: String) throws
}

/// Where Retraining keeps what it remembers.
package typealias RetrainingUnitOfWork = any UnitOfWork<any RetrainingTransaction>
