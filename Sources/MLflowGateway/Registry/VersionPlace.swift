import Experiments
import Journal
import Registry

/// Where clients read the files of a version: `mlflow-artifacts:/models/NAME/VERSION/...`. No experiment is called `models`.
struct VersionPlace: Hashable {
    let model: String
    let number: Int
    /// Below the version's own folder; empty for that itself.
    let path: String

    init(_ version: CatalogVersion) {
        model = version.model
        number = version.number
        path = ""
    }

    /// - Parameter text: what comes after `mlflow-artifacts:/`.
    /// - Returns: `nil` for what is no version's.
    init?(proxied text: String) throws(ControlError) {
        guard text == "models" || text.hasPrefix("models/") else { return nil }
        let pieces = try ArtifactPath.pieces(text)
        guard pieces.count >= 3, let number = Int(pieces[2]), number > 0 else { return nil }
        model = pieces[1]
        self.number = number
        path = pieces.dropFirst(3).joined(separator: "/")
    }

    /// As clients are told it.
    var location: String { "mlflow-artifacts:/models/\(model)/\(number)" }
}
