package import Journal

/// Which runs a list is about.
package struct GitRunFilter: Sendable, Hashable {
    package var space: String
    /// A repository's name; of those that were removed too.
    package var repository: String?
    /// Only those that have not ended.
    package var onlyOpen = false

    package init(space: String, repository: String? = nil, onlyOpen: Bool = false) {
        self.space = space
        self.repository = repository
        self.onlyOpen = onlyOpen
    }
}

/// What GitRuns needs of the database.
package protocol GitRunTransaction {
    /// The time that everything in this transaction happens at.
    var moment: Timestamp { get }
    func generation() throws -> Generation
    func hasSpace(_ name: String) throws -> Bool

    /// One that was not removed.
    func repository(_ name: String, space: String) throws -> GitRepository?
    /// In the order of names, those after `after`, at most `limit`.
    func repositories(space: String, after: String?, limit: Int) throws -> [GitRepository]
    /// Whether a repository of any space has the name.
    func isTaken(repository name: String) throws -> Bool
    /// - Parameter salt: what the secret of its hook is made with.
    func insert(_ draft: GitRepositoryDraft, salt: String, by principal: Principal) throws
    func setPause(_ pause: GitRepository.Pause?, ofRepository id: Int64) throws
    /// Its runs stay.
    func removeRepository(_ id: Int64) throws

    /// The number that the next run will have.
    func nextGitRun() throws -> Int
    func insert(_ run: GitRun) throws
    /// Keeps the run's life.
    func save(_ run: GitRun) throws
    /// A run of a space that is there; in any space where none is named.
    func gitRun(_ number: Int, space: String?) throws -> GitRun?
    /// Newest first, those with a number below `before`, at most `limit`.
    func gitRuns(_ filter: GitRunFilter, before: Int?, limit: Int) throws -> [GitRun]
    /// In every space, those that have not ended; oldest first.
    func openGitRuns() throws -> [GitRun]

    /// The version that the run pushed as a new one.
    func version(ofGitRun number: Int) throws -> PushedVersion?
    /// The run that pushed a version; `nil` where somebody else did.
    func gitRun(thatPushed model: String, version: Int) throws -> GitRun?
    /// The last run whose pipeline deploys at the endpoint.
    func gitRun(towards endpoint: String, space: String) throws -> GitRun?
}

/// Where GitRuns keeps what it remembers.
package typealias GitRunUnitOfWork = any UnitOfWork<any GitRunTransaction>
