/// One case for each thing that a route may need; a route names exactly one.
package enum Permission: String, Sendable, Hashable, CaseIterable {
    /// The server's health, name and version.
    case viewServer
    case viewMetrics
    /// Hash everything that is stored again.
    case verify
    case viewAudit
    /// Remove what nothing refers to.
    case collect
    /// Take all there is away, keys included.
    case backup

    case viewSpaces
    case manageSpaces

    case viewSpaceAudit

    case viewModels
    case pushModels
    case deleteModels

    case viewDeployments
    case deploy
    case deleteDeployments
    /// Take a deployed model out of memory, or back.
    case loadModels
    case predict

    /// Whether it is asked for one space, or for the server as a whole.
    package var isServerWide: Bool {
        switch self {
        case .viewServer, .viewMetrics, .verify, .viewAudit, .collect, .backup, .viewSpaces, .manageSpaces: true
        case .viewSpaceAudit, .viewModels, .pushModels, .deleteModels, .viewDeployments, .deploy, .deleteDeployments,
            .loadModels,
            .predict:
            false
        }
    }
}
