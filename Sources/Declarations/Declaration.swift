package import Documents
package import Governance
package import ManagementAPI

/// What somebody wants a server to be, out of one file or several.
package struct Declaration: Sendable, Hashable {
    /// The parts that a file may have.
    package enum Section: String, Sendable, Hashable, CaseIterable {
        case spaces, dataSets, models, deployments, monitors
    }

    package var spaces: [SpaceDeclaration] = []
    package var dataSets: [DataSetDeclaration] = []
    package var models: [ModelDeclaration] = []
    package var deployments: [DeploymentDeclaration] = []
    package var monitors: [MonitorDeclaration] = []
    /// The sections that are there, empty ones too: of others nothing is ever pruned.
    package var sections: Set<Section> = []

    package init() {}

    /// Every space that something is said about.
    package var spaceNames: Set<String> {
        Set(
            spaces.map(\.name) + dataSets.map(\.space) + models.map(\.space) + deployments.map(\.space)
                + monitors.map(\.space))
    }
}

/// A file beside the declaration.
package struct FileReference: Sendable, Hashable {
    /// The folder that it must not lead out of.
    package let folder: String
    /// Relative, with `/`.
    package let path: String
    package let place: SourcePlace

    package init(folder: String, path: String, place: SourcePlace) {
        self.folder = folder
        self.path = path
        self.place = place
    }

    package var location: String { folder + "/" + path }
}

package struct SpaceDeclaration: Sendable, Hashable {
    package var name: String
    /// `nil` leaves the policy as it is.
    package var policy: Governance.SpacePolicy?
    /// `nil` leaves all members as they are.
    package var members: [MemberDeclaration]?
    package var place: SourcePlace
    package var policyPlace: SourcePlace
}

package struct MemberDeclaration: Sendable, Hashable {
    package var principal: String
    package var role: RoleName
    package var place: SourcePlace
}

package struct DataSetDeclaration: Sendable, Hashable {
    package var name: String
    package var space: String
    /// `nil` for one that is there already, or comes by other ways.
    package var file: FileReference?
    package var format: DataFileFormat?
    package var schema: DataSchema?
    package var place: SourcePlace
}

package struct ModelDeclaration: Sendable, Hashable {
    package var name: String
    package var space: String
    /// The model's file or folder; `nil` for one that is there already, or comes by promotion.
    package var file: FileReference?
    package var golden: FileReference?
    /// Rows that drift is measured against.
    package var reference: FileReference?
    package var metrics: [String: Double]
    package var tags: [String: String]
    package var gitCommit: String?
    package var dataSet: String?
    package var place: SourcePlace
}

/// Which version a deployment is to serve.
package enum VersionChoice: Sendable, Hashable {
    case number(Int)
    /// The newest that is available in the space.
    case latest
    /// The one with the bytes that `models` declares.
    case file
}

package struct DeploymentDeclaration: Sendable, Hashable {
    package var endpoint: String
    package var space: String
    package var model: String
    /// `nil` leaves what serves as it is; where nothing does, the declared file's version, else the latest.
    package var version: VersionChoice?
    /// With all defaults filled in; `nil` leaves them as they are.
    package var options: DeploymentOptions?
    /// How another version takes over, without `to`; `nil` for a switch that is watched.
    package var rollout: DocumentValue?
    package var watchSeconds: Int?
    package var reason: String?
    package var place: SourcePlace
}

package struct MonitorDeclaration: Sendable, Hashable {
    package var endpoint: String
    package var space: String
    /// As the server keeps it.
    package var document: DocumentValue
    package var place: SourcePlace
}
