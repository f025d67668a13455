import Declarations
import Deployments
import Governance
import Journal
import ManagementAPI
import Registry
import Runtimes
import Serving
import Tensors

/// From what the control plane knows to what travels.
extension VersionInfo {
    init(_ version: ModelVersion) {
        let description = version.description
        self.init(
            model: version.model, version: version.number, space: version.space, digest: version.artifact.digest,
            files: version.artifact.files.map { FileEntry(path: $0.path, sha256: $0.sha256, size: $0.size) },
            format: version.artifact.format, inputs: description.signature.inputs.map(TensorInfo.init),
            outputs: description.signature.outputs.map(TensorInfo.init), opsets: description.opsets,
            producer: [description.producer, description.producerVersion].filter { !$0.isEmpty }
                .joined(separator: " "),
            documentation: description.documentation, metadata: description.customMetadata, notes: version.notes,
            metrics: version.provenance.metrics, tags: version.tags,
            gitCommit: version.provenance.gitCommit, dataset: version.provenance.dataset,
            run: version.provenance.run, gitRun: version.provenance.gitRun, goldenRequests: description.goldenRequests,
            createdAt: version.createdAt.description, createdBy: version.createdBy)
        source = version.origin?.source
        mlflowRun = version.origin?.run
        undeployable = version.origin?.undeployable
        self.description = version.text.isEmpty ? nil : version.text
    }
}

extension TensorInfo {
    init(_ spec: TensorSpec) {
        self.init(
            name: spec.name, datatype: spec.elementType.rawValue,
            shape: spec.shape.map { dimension in
                switch dimension {
                case .fixed(let size): .size(size)
                case .symbolic(let name): .name(name)
                case .unknown: .size(-1)
                }
            },
            optional: spec.isOptional)
    }
}

extension ModelInfo {
    init(_ model: ModelSummary) {
        self.init(
            name: model.name, space: model.space, format: model.format, versions: model.versions,
            latestVersion: model.latestVersion, latestSize: model.latestSize, metrics: model.metrics,
            deployed: model.deployed.map { "\($0.endpoint):\($0.version)" }, createdAt: model.createdAt.description,
            updatedAt: model.updatedAt.description)
        aliases = model.aliases.isEmpty ? nil : model.aliases
        tags = model.tags.isEmpty ? nil : model.tags
        description = model.description.isEmpty ? nil : model.description
    }
}

extension SpaceInfo {
    init(_ summary: SpaceSummary) {
        self.init(
            name: summary.space.name, policy: ManagementAPI.SpacePolicy(summary.space.policy),
            models: summary.models, deployments: summary.deployments, createdAt: summary.space.createdAt.description)
    }
}

extension RevisionInfo {
    init(_ revision: Revision) {
        self.init(
            revision: revision.number, action: revision.action.rawValue, model: revision.model,
            version: revision.version, digest: revision.digest, options: DeploymentOptions(revision.options),
            createdAt: revision.createdAt.description, createdBy: revision.createdBy, reason: revision.reason,
            rollout: revision.origin.rollout, equals: revision.origin.equals, promotion: revision.promotion,
            evidence: revision.origin.evidence, isCurrent: revision.isCurrent)
    }
}
