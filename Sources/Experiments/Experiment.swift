package import Journal

/// A named set of runs in one space.
package struct Experiment: Sendable, Hashable {
    package let id: ExperimentID
    package let space: String
    package let name: String
    package let isDeleted: Bool
    /// Milliseconds since 1970, as everything that MLflow's clients set or read.
    package let createdAt: Int
    package let updatedAt: Int
    package let tags: [String: String]

    package init(
        id: ExperimentID, space: String, name: String, isDeleted: Bool, createdAt: Int, updatedAt: Int,
        tags: [String: String]
    ) {
        self.id = id
        self.space = space
        self.name = name
        self.isDeleted = isDeleted
        self.createdAt = createdAt
        self.updatedAt = updatedAt
        self.tags = tags
    }

    /// The name of the experiment that every space has, and that a client means who names none.
    package static let defaultName = "Default"
}

/// What an experiment is called by programs: its number on this server; 0 is each space's own default.
package struct ExperimentID: Sendable, Hashable, Codable, Comparable, CustomStringConvertible {
    package let number: Int

    package init(_ number: Int) {
        self.number = number
    }

    package static let ofDefault = ExperimentID(0)

    /// From what a client sends; `nil` for anything that no experiment is called.
    package init?(text: String) {
        guard text.utf8.count <= 18, text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
            let number = Int(text)
        else { return nil }
        self.init(number)
    }

    package static func < (left: ExperimentID, right: ExperimentID) -> Bool { left.number < right.number }

    package var description: String { String(number) }
}

/// Which of the things that can be deleted are meant.
package enum LifecycleView: Sendable, Hashable, CaseIterable {
    case active, deleted, all
}

extension ControlError {
    package static func experimentNotFound(_ id: String) -> ControlError {
        ControlError(
            .notFound, "there is no experiment with ID '\(Name.excerpt(of: id))' in this space", field: "experiment_id")
    }
}
