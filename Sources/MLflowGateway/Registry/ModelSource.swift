import Experiments
import Journal

/// Where a client says that the files of a new version are. All of it is on this server: what would be fetched from
/// elsewhere, or read from a disk, is no source.
enum ModelSource: Hashable {
    /// `models:/m-...`
    case loggedModel(String)
    /// `models:/NAME/3`; without a number, the latest.
    case version(String, Int?)
    /// `models:/NAME@ALIAS`
    case alias(String, String)
    /// `runs:/RUN/model`
    case run(String, path: String)
    /// `mlflow-artifacts:/...`, as a run or a logged model tells its own place.
    case artifacts(ArtifactPath)

    /// Errors: `invalid` on `source`.
    init(_ text: String) throws(ControlError) {
        guard let colon = text.firstIndex(of: ":") else { throw Self.refusal(text, "it names no scheme") }
        let scheme = text[..<colon]
        guard ["models", "runs", "mlflow-artifacts"].contains(scheme) else {
            throw Self.refusal(text, "nothing is read from '\(Name.excerpt(of: String(scheme))):'")
        }
        var rest = text[text.index(after: colon)...]
        guard rest.hasPrefix("/"), !rest.hasPrefix("//") else {
            throw Self.refusal(text, "behind '\(scheme):' stands one '/' and no server")
        }
        rest = rest.dropFirst()
        while rest.hasSuffix("/") { rest = rest.dropLast() }
        let pieces: [String]
        do throws(ControlError) { pieces = try ArtifactPath.pieces(String(rest)) } catch {
            throw Self.refusal(text, error.message)
        }
        switch (scheme, pieces.count) {
        case ("models", 1): self = Self.named(pieces[0])
        case ("models", 2): self = try Self.version(pieces[0], pieces[1], text)
        case ("runs", 1...): self = .run(pieces[0], path: pieces.dropFirst().joined(separator: "/"))
        case ("mlflow-artifacts", 3) where pieces[0] == "models": self = try Self.version(pieces[1], pieces[2], text)
        case ("mlflow-artifacts", _):
            do throws(ControlError) { self = .artifacts(try ArtifactPath(proxied: String(rest))) } catch {
                throw Self.refusal(text, error.message)
            }
        default: throw Self.refusal(text, "it names no model")
        }
    }

    private static func named(_ piece: String) -> ModelSource {
        guard let mark = piece.lastIndex(of: "@") else { return .loggedModel(piece) }
        return .alias(String(piece[..<mark]), String(piece[piece.index(after: mark)...]))
    }

    private static func version(_ name: String, _ number: String, _ text: String) throws(ControlError) -> ModelSource {
        if number.lowercased() == "latest" { return .version(name, nil) }
        guard let number = Int(number), number > 0 else {
            throw refusal(text, "a version is a number or 'latest'; there are no stages")
        }
        return .version(name, number)
    }

    private static func refusal(_ text: String, _ why: String) -> ControlError {
        ControlError(
            .invalid, "Invalid model version source: '\(Name.excerpt(of: text, limit: 200))': \(why)", field: "source",
            hint: "log the model to this server first: models:/MODEL_ID, runs:/RUN_ID/PATH or models:/NAME/VERSION")
    }
}
