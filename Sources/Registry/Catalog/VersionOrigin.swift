/// What comes with a version through MLflow's door, and is stored with it or not at all.
package struct VersionArrival: Sendable, Hashable {
    package var origin: VersionOrigin
    /// What the client says about inputs and outputs; where the file says another thing, the origin tells.
    package var signature: MLmodelSignature?
    /// The description that it is given.
    package var text = ""
    /// Tags that its provenance has no room for.
    package var tags: [String: String] = [:]

    package init(_ origin: VersionOrigin) {
        self.origin = origin
    }
}

/// How a version came in through MLflow's door.
package struct VersionOrigin: Sendable, Hashable, Codable {
    /// Where its files were, as the client named it: `models:/m-...`, `runs:/RUN/model`.
    package var source: String
    /// The run that made it, of this server's own.
    package var run: String?
    /// The logged model that it was registered from.
    package var loggedModel: String?
    /// Where the client says that the run can be seen.
    package var runLink: String?
    /// The flavours that its `MLmodel` file names, sorted.
    package var flavors: [String]
    /// What somebody should know about how it came in: where MLflow's signature is not the file's.
    package var warnings: [String]
    /// Why no runtime here can serve it; `nil` for what can be deployed.
    package var undeployable: String?

    package init(
        source: String, run: String? = nil, loggedModel: String? = nil, runLink: String? = nil, flavors: [String] = [],
        warnings: [String] = [], undeployable: String? = nil
    ) {
        self.source = source
        self.run = run
        self.loggedModel = loggedModel
        self.runLink = runLink
        self.flavors = flavors
        self.warnings = warnings
        self.undeployable = undeployable
    }
}
