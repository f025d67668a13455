import Documents
import Foundation
import Journal

/// `slipway.yaml` of a checkout. Blocks.
enum PipelineFile {
    static let name = "slipway.yaml"
    private static let member = "pipeline"

    static func read(in root: String) throws(ControlError) -> GitPipeline {
        guard FileManager.default.fileExists(atPath: "\(root)/\(name)") else {
            throw ControlError(
                .invalid, "the commit has no \(name) at its top", field: name,
                hint: "`slipway ci init` writes one; docs/reference/git-runs.md has its members")
        }
        let path = try CheckoutFile.locate(name, in: root, field: name)
        guard let bytes = GitRunFolder.read(path, atMost: DocumentText.maximumBytes) else {
            throw ControlError(
                .tooLarge, "\(name) has more than \(DocumentText.maximumBytes) bytes, or cannot be read", field: name)
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw ControlError(.invalid, "\(name) is not UTF-8 text", field: name)
        }
        guard case .mapping(let members) = try DocumentText.value(yaml: text, what: name),
            let pipeline = members[member], pipeline != .null
        else {
            throw ControlError(
                .invalid, "\(name) has no member '\(member)'", field: member,
                hint: "it says what a run does: docs/reference/git-runs.md")
        }
        return try GitPipeline.read(pipeline, at: member)
    }
}
