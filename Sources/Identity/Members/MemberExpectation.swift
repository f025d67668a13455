import Journal

/// What a caller believes that somebody is in a space, before changing it.
package enum MemberExpectation: Sendable, Hashable {
    case nobody
    case role(Role)

    func check(_ member: Member?, _ principal: String, _ space: String) throws(ControlError) {
        let now = member.map { MemberExpectation.role($0.role) } ?? .nobody
        guard now != self else { return }
        throw ControlError(
            .conflict, "'\(Name.excerpt(of: principal))' is \(now.words) in space '\(space)', not \(words)",
            field: "ifMatch", hint: "somebody else changed it; look at it again, then decide")
    }

    private var words: String {
        switch self {
        case .nobody: "no member"
        case .role(let role): role.rawValue
        }
    }
}
