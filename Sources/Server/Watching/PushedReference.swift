import Drift
import Foundation
import Registry
import Runtimes
import Serving

/// The reference that a version brings along, out of its laid-out files.
struct PushedReference: Sendable {
    private let artifacts: any ArtifactProvider

    init(_ artifacts: any ArtifactProvider) { self.artifacts = artifacts }

    /// `nil` for a version without one. Blocks.
    @Sendable func read(_ entry: EndpointEntry) throws -> [UInt8]? {
        guard entry.artifact.files.contains(where: { $0.path == ReferenceProfile.fileName }) else { return nil }
        let folder = try artifacts.locate(entry.artifact).directory
        return Array(try Data(contentsOf: URL(fileURLWithPath: folder + "/" + ReferenceProfile.fileName)))
    }
}
