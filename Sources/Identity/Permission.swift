/// One case for each thing that a route may need; a route names exactly one.
package enum Permission: String, Sendable, Hashable, CaseIterable {
    /// The server's health, name and version.
    case viewServer
    case viewMetrics
    /// Hash everything that is stored again.
    case verify
    case viewAudit

    case viewSpaces
    case manageSpaces

    case viewModels
    case pushModels
    case deleteModels

    case viewDataSets
    case pushDataSets

    case viewDeployments
    case deploy
    case deleteDeployments
    /// Take a deployed model out of memory, or back.
    case loadModels
    case predict

    /// Whether it is asked for one space, or for the server as a whole.
    package var isServerWide: Bool {
        switch self {
        case .viewServer, .viewMetrics, .verify, .viewAudit, .viewSpaces, .manageSpaces: true
        case .viewModels, .pushModels, .deleteModels, .viewDataSets, .pushDataSets, .viewDeployments, .deploy,
            .deleteDeployments, .loadModels, .predict:
            false
        }
    }
}
