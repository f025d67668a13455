import Journal
import Testing

@testable import Identity

/// The table of roles and permissions, written down a second time: whoever changes one has to mean it.
@Suite struct RoleTests {
    private static let table: [(Permission, RoleSet)] = [
        (.viewSpace, .members), (.viewMembers, .members), (.viewModels, .members), (.viewDeployments, .members),
        (.predict, .members), (.viewSpaceAudit, .members), (.viewPromotions, .members), (.viewDataSets, .members),
        (.uploadFiles, [.developer, .validator, .owner]), (.pushDataSets, [.developer, .validator, .owner]),
        (.promote, [.developer, .validator, .operator, .owner]),
        (.approvePromotions, [.validator, .owner]),
        (.pushModels, [.developer, .owner]), (.deleteModels, [.developer, .owner]),
        (.deploy, [.developer, .operator, .owner]), (.deleteDeployments, [.developer, .operator, .owner]),
        (.loadModels, [.developer, .operator, .owner]), (.rollout, [.developer, .operator, .owner]),
        (.rollback, [.developer, .operator, .owner]), (.approveRollouts, [.validator, .owner]),
        (.reportGate, [.validator, .owner, .reporter]),
        (.setPolicy, [.owner]), (.manageMembers, [.owner]),
        (.readLedger, [.developer, .validator, .operator, .owner]), (.forgetLedger, [.owner]),
        (.setMonitor, [.developer, .operator, .owner]), (.retrain, [.developer, .operator, .owner]),
        (.manageRepositories, [.developer, .owner]), (.runRepositories, [.developer, .operator, .owner]),
        (.manageAlerts, [.developer, .validator, .operator, .owner]),
        (.viewWebhooks, [.developer, .validator, .operator, .owner]), (.manageWebhooks, [.operator, .owner]),
        (.viewExperiments, .members), (.logRuns, [.developer, .validator, .owner]),
        (.deleteRuns, [.developer, .owner]),
    ]

    @Test func `the table is whole`() {
        #expect(Set(Self.table.map(\.0)) == Set(Permission.allCases.filter { $0.reach == .space }))
    }

    @Test(arguments: table)
    func `who may do what in a space`(permission: Permission, roles: RoleSet) {
        #expect(permission.roles == roles)
        #expect(permission.reach == .space)
    }

    @Test func `an owner may everything that is asked for a space`() {
        for permission in Permission.allCases where permission.reach == .space {
            #expect(permission.roles.contains(.owner), "\(permission)")
        }
    }

    @Test func `a reporter may report gates and nothing else`() {
        for permission in Permission.allCases where permission.reach != .open {
            #expect(permission.roles.contains(.reporter) == (permission == .reportGate), "\(permission)")
        }
    }

    @Test func `a policy's rule replaces the table's line, for deleting and loading too`() {
        let rules = RoleRules(deploy: [.operator], rollback: [.operator, .owner])
        #expect(rules.roles(for: .deploy) == .operator)
        #expect(rules.roles(for: .deleteDeployments) == .operator)
        #expect(rules.roles(for: .loadModels) == .operator)
        #expect(rules.roles(for: .rollback) == [.operator, .owner])
        #expect(rules.roles(for: .rollout) == Permission.rollout.roles)
        #expect(rules.roles(for: .predict) == .members)
    }

    @Test(arguments: ["alice", "alice@example.com", "oidc:auth0|17", "group:ml ops".replacing(" ", with: "-"), "ü"])
    func `a principal's name`(id: String) throws {
        try Principal.validate(id, field: "principal")
    }

    @Test(arguments: [
        "", " ", "a b", "a\u{0}b", "a\nb", "..", ".", "a\u{200B}b", "a\u{2028}b", String(repeating: "a", count: 256),
    ])
    func `no principal's name`(id: String) {
        #expect(throws: ControlError.self) { try Principal.validate(id, field: "principal") }
    }
}
