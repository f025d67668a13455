import Foundation
package import Journal

/// What artifacts belong to.
package enum ArtifactOwner: Sendable, Hashable, Codable {
    case run(String)
    case model(String)

    package var id: String {
        switch self {
        case .run(let id), .model(let id): id
        }
    }
}

/// Where an artifact is: whose it is, and its path below that. Only what was checked piece by piece becomes one.
package struct ArtifactPath: Sendable, Hashable {
    /// As deep as folders may be, and as long as a path and one piece of it may be, in UTF-8 bytes.
    package static let maximumDepth = 32
    package static let maximumLength = 1024
    package static let maximumPieceLength = 255

    package let experiment: ExperimentID
    package let owner: ArtifactOwner
    /// Below the owner's root, with `/` between its pieces; empty for the root itself.
    package let path: String

    package init(experiment: ExperimentID, owner: ArtifactOwner, path: String) {
        self.experiment = experiment
        self.owner = owner
        self.path = path
    }

    /// From what comes after `mlflow-artifacts:/`: `EXPERIMENT/RUN/artifacts/...` or `EXPERIMENT/models/MODEL/artifacts/...`.
    ///
    /// Errors: `invalid`, with what is wrong about the path.
    package init(proxied text: String) throws(ControlError) {
        let pieces = try Self.pieces(text)
        guard let first = pieces.first, let experiment = ExperimentID(text: first) else { throw Self.elsewhere(text) }
        if pieces.count >= 4, pieces[1] == "models", pieces[3] == "artifacts" {
            self.init(
                experiment: experiment, owner: .model(pieces[2]), path: pieces.dropFirst(4).joined(separator: "/"))
        } else if pieces.count >= 3, pieces[1] != "models", pieces[2] == "artifacts" {
            self.init(experiment: experiment, owner: .run(pieces[1]), path: pieces.dropFirst(3).joined(separator: "/"))
        } else {
            throw Self.elsewhere(text)
        }
    }

    /// The pieces of a relative path, each of which is one in every reading of it.
    ///
    /// What would be another path when somebody decodes it once more is refused too: it was spelt that way to get past
    /// whoever looks only once.
    package static func pieces(_ text: String) throws(ControlError) -> [String] {
        guard text.utf8.count <= maximumLength else {
            throw refusal(text, "it is longer than \(maximumLength) bytes")
        }
        guard !text.hasPrefix("/") else { throw refusal(text, "it begins with '/'") }
        let pieces = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard pieces.count <= maximumDepth else { throw refusal(text, "it is deeper than \(maximumDepth) folders") }
        for piece in pieces {
            var spelling = piece
            try check(spelling, of: text)
            while let decoded = spelling.percentDecodedOnce, decoded != spelling {
                spelling = decoded
                guard !spelling.contains("/") else { throw refusal(text, "it has an encoded '/'") }
                try check(spelling, of: text)
            }
        }
        return pieces
    }

    private static func check(_ piece: String, of text: String) throws(ControlError) {
        guard !piece.isEmpty else { throw refusal(text, "it has an empty part") }
        guard piece != ".", piece != ".." else { throw refusal(text, "it has a '.' or '..' part") }
        guard piece.utf8.count <= maximumPieceLength else {
            throw refusal(text, "a part of it is longer than \(maximumPieceLength) bytes")
        }
        // `file:///etc/passwd`, `C:`: a reader that takes locations would take these for one.
        let isDrive = piece.utf8.count == 2 && piece.hasSuffix(":")
        guard !isDrive, !piece.lowercased().hasPrefix("file:") else {
            throw refusal(text, "'\(Name.excerpt(of: piece))' is a location and no path")
        }
        for scalar in piece.unicodeScalars {
            if scalar == "\\" { throw refusal(text, "it has a backslash") }
            if scalar.value < 0x20 || scalar.value == 0x7F { throw refusal(text, "it has a control character") }
        }
    }

    private static func refusal(_ text: String, _ why: String) -> ControlError {
        ControlError(
            .invalid, "the artifact path '\(Name.excerpt(of: text, limit: 200))' is refused: \(why)", field: "path")
    }

    private static func elsewhere(_ text: String) -> ControlError {
        ControlError(
            .invalid, "'\(Name.excerpt(of: text, limit: 200))' is no place for artifacts", field: "path",
            hint: "artifacts are below EXPERIMENT/RUN/artifacts or EXPERIMENT/models/MODEL/artifacts")
    }
}

extension String {
    /// With each `%XX` replaced; `nil` where that is no text.
    fileprivate var percentDecodedOnce: String? { contains("%") ? removingPercentEncoding : nil }
}

extension ArtifactPath {
    /// Where a run's artifacts are.
    package init(run: RunFacts) {
        self.init(experiment: run.experiment, owner: .run(run.id), path: "")
    }

    /// Where a logged model's artifacts are.
    package init(model: LoggedModel) {
        self.init(experiment: model.experiment, owner: .model(model.id), path: "")
    }

    /// As clients are told it: they put the tracking server's address before it.
    package var location: String {
        let root =
            switch owner {
            case .run(let id): "mlflow-artifacts:/\(experiment)/\(id)/artifacts"
            case .model(let id): "mlflow-artifacts:/\(experiment)/models/\(id)/artifacts"
            }
        return path.isEmpty ? root : root + "/" + path
    }

    /// The same owner's, at a path below its root that a client has sent.
    package func at(_ relative: String) throws(ControlError) -> ArtifactPath {
        guard !relative.isEmpty else { return self }
        return ArtifactPath(
            experiment: experiment, owner: owner, path: try Self.pieces(relative).joined(separator: "/"))
    }
}
