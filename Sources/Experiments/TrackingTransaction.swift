package import Journal

/// What experiments and runs need of the database. Whatever is asked for by an id is looked for in one space only: what
/// another space has is not there.
package protocol TrackingTransaction {
    func hasSpace(_ name: String) throws -> Bool

    // MARK: experiments

    func experiment(_ id: ExperimentID, space: String) throws -> Experiment?
    func experiment(named name: String, space: String) throws -> Experiment?
    /// Throws `conflict` for a name that is taken, by a deleted one too.
    func insertExperiment(_ name: String, tags: [String: String], space: String) throws -> ExperimentID
    func renameExperiment(_ id: ExperimentID, to name: String, space: String) throws
    /// Deletes or brings back, its runs with it.
    func setExperiment(_ id: ExperimentID, deleted: Bool, space: String) throws
    func setTag(_ key: String, _ value: String, ofExperiment id: ExperimentID, space: String) throws
    /// False where there was none.
    func removeTag(_ key: String, ofExperiment id: ExperimentID, space: String) throws -> Bool
    /// In the order that the query says, after `offset` of them.
    func experiments(_ query: ExperimentQuery, offset: Int, limit: Int) throws -> [Experiment]

    // MARK: runs

    func runFacts(_ id: String, space: String) throws -> RunFacts?
    func run(_ id: String, space: String) throws -> TrackedRun?
    func insertRun(_ run: RunFacts, by principal: Principal) throws
    func saveRun(_ run: RunFacts) throws
    func runs(_ query: RunQuery, offset: Int, limit: Int) throws -> [TrackedRun]
    /// What a run has logged, in numbers, for the audit.
    func runSize(_ id: String) throws -> RunSize

    func params(_ keys: Set<String>, ofRun id: String) throws -> [String: String]
    func insertParams(_ params: [String: String], ofRun id: String) throws
    func setTags(_ tags: [String: String], ofRun id: String) throws
    func tag(_ key: String, ofRun id: String) throws -> String?
    /// False where there was none.
    func removeTag(_ key: String, ofRun id: String) throws -> Bool
    /// Adds the points that are not there yet; the latest of a metric is the one with the highest step, then the latest
    /// time, then the highest value.
    func insertMetrics(_ points: [MetricPoint], ofRun id: String) throws
    /// By time, step and value.
    func metricHistory(_ key: String, ofRun id: String, offset: Int, limit: Int) throws -> [MetricPoint]
    func insertDataSets(_ inputs: [DataSetInput], ofRun id: String) throws
    func insertModelInputs(_ models: [String], ofRun id: String) throws
    func insertModelOutputs(_ models: [ModelOutput], ofRun id: String) throws

    // MARK: logged models

    func loggedModel(_ id: String, space: String) throws -> LoggedModel?
    /// The same without its params, tags and metrics, of which there may be very many.
    func loggedModelAlone(_ id: String, space: String) throws -> LoggedModel?
    func insertLoggedModel(_ model: LoggedModel, by principal: Principal) throws
    func setStatus(_ status: LoggedModelStatus, ofModel id: String) throws
    func deleteLoggedModel(_ id: String) throws
    func insertParams(_ params: [String: String], ofModel id: String) throws
    func setTags(_ tags: [String: String], ofModel id: String) throws
    func removeTag(_ key: String, ofModel id: String) throws -> Bool
    func loggedModels(_ query: LoggedModelQuery, offset: Int, limit: Int) throws -> [LoggedModel]

    // MARK: artifacts

    func artifact(_ path: String, of owner: ArtifactOwner) throws -> ArtifactEntry?
    /// All below a folder, however deep, by path; `""` is the root.
    func artifacts(below folder: String, of owner: ArtifactOwner, limit: Int) throws -> [ArtifactEntry]
    /// Removes an artifact and all below it; answers how many there were.
    func removeArtifacts(_ path: String, of owner: ArtifactOwner) throws -> Int
}

/// Where experiments and runs are kept.
package typealias TrackingUnitOfWork = any UnitOfWork<any TrackingTransaction>

/// How much a run has logged.
package struct RunSize: Sendable, Hashable {
    package let params: Int
    package let metrics: Int
    package let artifacts: Int
    package let artifactBytes: Int

    package init(params: Int, metrics: Int, artifacts: Int, artifactBytes: Int) {
        self.params = params
        self.metrics = metrics
        self.artifacts = artifacts
        self.artifactBytes = artifactBytes
    }
}

/// One stored artifact.
package struct ArtifactEntry: Sendable, Hashable, Codable {
    /// Below its owner's root.
    package let path: String
    package let sha256: String
    package let size: Int

    package init(path: String, sha256: String, size: Int) {
        self.path = path
        self.sha256 = sha256
        self.size = size
    }
}
