/// One case for each thing that a route may need; a route names exactly one.
package enum Permission: String, Sendable, Hashable, CaseIterable {
    /// The server's health, name and version.
    case viewServer
    case viewMetrics
    /// Hash everything that is stored again.
    case verify
    case viewAudit

    case viewSpaces
    /// Make and remove spaces.
    case manageSpaces
    /// Say what a space demands.
    case setPolicy

    case viewPromotions
    /// Ask that a version of this space becomes available in another, and take that back.
    case promote
    /// Approve and reject what is to become available in this space.
    case approvePromotions
    /// Say how a check went that another system made.
    case reportGate

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
        case .viewServer, .viewMetrics, .verify, .viewAudit, .viewSpaces, .manageSpaces: true
        case .setPolicy, .viewPromotions, .promote, .approvePromotions, .reportGate, .viewModels, .pushModels,
            .deleteModels, .viewDeployments, .deploy, .deleteDeployments, .loadModels, .predict:
            false
        }
    }
}
