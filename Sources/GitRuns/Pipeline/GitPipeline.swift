package import Documents

/// What a run of a commit does: the member `pipeline` of the repository's `slipway.yaml`.
package struct GitPipeline: Sendable, Hashable, Codable {
    /// What is pushed. Paths are relative to the checkout.
    package struct Model: Sendable, Hashable, Codable {
        package var name: String
        /// A model file, or a folder with it and the files that it needs; checked in, or made by a command.
        package var file: String
        /// A JSON file of numbers by name.
        package var metrics: String?
        /// Rows that drift is measured against.
        package var reference: String?
        /// Requests with the answers that the version must give.
        package var golden: String?
        /// What it was trained on: the name of one of `data`, or a data set that the space has.
        package var dataSet: String?

        package init(name: String, file: String) {
            self.name = name
            self.file = file
        }
    }

    /// A data set that is in the repository, or made by a command.
    package struct DataFile: Sendable, Hashable, Codable {
        package var name: String
        package var file: String
        /// The space that it is pushed to; the repository's own unless given.
        package var space: String?

        package init(name: String, file: String, space: String? = nil) {
            self.name = name
            self.file = file
            self.space = space
        }

        /// By its name, as on the command line.
        package var isCSV: Bool { ![".jsonl", ".ndjson", ".json"].contains { file.lowercased().hasSuffix($0) } }
    }

    /// Where the version is made to answer in the end.
    package struct Deployment: Sendable, Hashable, Codable {
        package var space: String
        package var endpoint: String
        /// A rollout's document but for `to`; `nil` for a deploy that is watched, or what the space's policy asks for.
        package var rollout: DocumentValue?

        package init(space: String, endpoint: String, rollout: DocumentValue? = nil) {
            self.space = space
            self.endpoint = endpoint
            self.rollout = rollout
        }
    }

    package var model: Model?
    package var data: [DataFile] = []
    /// Commands for `/bin/sh`, run in the checkout one after the other; the first that fails ends the run.
    package var validate: [String] = []
    package var build: [String] = []
    package var test: [String] = []
    /// From the repository's space on, in this order.
    package var promote: [String] = []
    package var deploy: Deployment?
    package var limits = GitRunLimits()

    package init() {}

    /// Spaces beside the repository's own that it acts in, with the member that names each.
    package func spaces() -> [(space: String, member: String)] {
        var found: [(String, String)] = []
        for (index, file) in data.enumerated() {
            if let space = file.space { found.append((space, "data[\(index)].space")) }
        }
        for (index, space) in promote.enumerated() { found.append((space, "promote[\(index)]")) }
        if let deploy { found.append((deploy.space, "deploy.space")) }
        return found
    }

    /// What it names in the checkout, whether it is checked in or will be made.
    package var files: [String] {
        data.map(\.file) + [model?.file, model?.metrics, model?.reference, model?.golden].compactMap { $0 }
    }

    /// The commands of a step.
    func commands(of kind: RunStep.Kind) -> [String] {
        switch kind {
        case .validate: validate
        case .build: build
        case .test: test
        case .clone, .data, .push, .promote, .deploy: []
        }
    }

    /// What has to be done after the clone, in order.
    var steps: [RunStep] {
        var steps: [RunStep] = []
        for kind in [RunStep.Kind.validate, .build, .test] where !commands(of: kind).isEmpty {
            steps.append(RunStep(kind))
        }
        if !data.isEmpty { steps.append(RunStep(.data)) }
        if model != nil { steps.append(RunStep(.push)) }
        steps += promote.map { RunStep(.promote, space: $0) }
        if let deploy { steps.append(RunStep(.deploy, space: deploy.space)) }
        return steps
    }
}
