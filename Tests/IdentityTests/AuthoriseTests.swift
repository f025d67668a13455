import Journal
import Testing

@testable import Identity

/// Who may do what, by the snapshot alone.
@Suite struct AuthoriseTests {
    private static let now = Timestamp(microseconds: 1_000_000)
    private static let texts = (0..<10).map { _ in KeyText.make(SystemRandomNumberGenerator()) }

    private func key(
        _ number: Int, _ principal: String, _ scope: KeyScope = KeyScope(), expiresAt: Int? = nil, revoked: Bool = false
    ) -> HashedKey {
        let text = Self.texts[number]
        return HashedKey(
            key: APIKey(
                id: text.id, lineage: text.id, name: "", principal: principal, scope: scope, limits: KeyLimits(),
                createdAt: Timestamp(microseconds: 0), createdBy: "admin",
                expiresAt: expiresAt.map { Timestamp(microseconds: $0) },
                revokedAt: revoked ? Timestamp(microseconds: 1) : nil),
            secretHash: text.secretHash)
    }

    private func table(_ keys: [HashedKey] = []) -> AccessTable {
        AccessTable(
            AccessSnapshot(
                generation: 1,
                spaces: [
                    SpaceAccess(name: "default"), SpaceAccess(name: "dev"),
                    SpaceAccess(name: "prod", rules: RoleRules(deploy: [.operator])),
                ],
                members: [
                    Membership(space: "dev", principal: "alice", role: .developer),
                    Membership(space: "prod", principal: "alice", role: .viewer),
                    Membership(space: "prod", principal: "otto", role: .operator),
                    Membership(space: "dev", principal: "vera", role: .validator),
                    Membership(space: "prod", principal: "olga", role: .owner),
                    Membership(space: "prod", principal: "group:ml-ops", role: .operator),
                ],
                admins: ["root", "group:platform"], keys: keys))
    }

    private func caller(_ number: Int, _ table: AccessTable) throws -> Caller {
        guard case .accepted(let caller) = table.caller(with: Self.texts[number], meters: KeyMeters(), now: Self.now)
        else { throw ControlError(.unauthenticated, "not accepted") }
        return caller
    }

    private func code(
        _ table: AccessTable, _ caller: Caller, _ permission: Permission, _ space: String,
        _ endpoint: AskedEndpoint = .none
    ) -> ControlError.Code? {
        do throws(ControlError) {
            try table.authorise(caller, permission, space: space, endpoint: endpoint)
            return nil
        } catch {
            return error.code
        }
    }

    @Test func `a space without a role in it is not there, in the same words as one that is not`() throws {
        let table = table([key(0, "vera")])
        let vera = try caller(0, table)
        var messages: [String] = []
        for space in ["prod", "pxxd"] {
            do throws(ControlError) {
                try table.authorise(vera, .viewModels, space: space)
            } catch {
                #expect(error.code == .notFound)
                messages.append(error.description.replacing(space, with: "SPACE"))
            }
        }
        #expect(messages.count == 2 && messages[0] == messages[1])
    }

    @Test func `a role that is too low is refused and told which would do`() throws {
        let table = table([key(0, "alice"), key(1, "otto")])
        let alice = try caller(0, table)
        #expect(code(table, alice, .deploy, "dev") == nil)
        #expect(code(table, alice, .deploy, "prod") == .refused)
        #expect(code(table, alice, .predict, "prod") == nil)
        #expect(code(table, try caller(1, table), .deploy, "prod") == nil)
        do throws(ControlError) {
            try table.authorise(alice, .deploy, space: "prod")
        } catch {
            #expect(error.hint?.contains("operator") == true)
            #expect(error.hint?.contains("developer") == false)
        }
    }

    @Test func `an owner of a space owns no other and not the server`() throws {
        let table = table([key(0, "olga")])
        let olga = try caller(0, table)
        #expect(code(table, olga, .manageMembers, "prod") == nil)
        #expect(code(table, olga, .manageMembers, "dev") == .notFound)
        for permission in Permission.allCases where permission.reach == .admin {
            #expect(code(table, olga, permission, "prod") == .refused)
        }
    }

    @Test func `an owner of the server may everything everywhere, and no space that is not there`() throws {
        let table = table([key(0, "root")])
        let root = try caller(0, table)
        for permission in Permission.allCases where permission != .deploy {
            #expect(code(table, root, permission, "dev") == nil)
        }
        #expect(code(table, root, .viewModels, "nowhere") == .notFound)
    }

    @Test func `a key is never more than its owner`() throws {
        let scope = KeyScope(roles: [.owner, .operator, .validator])
        let table = table([key(0, "alice", scope)])
        let alice = try caller(0, table)
        #expect(code(table, alice, .manageMembers, "dev") == .refused)
        #expect(code(table, alice, .reportGate, "dev") == .refused)
    }

    @Test func `a key is never more than its scope`() throws {
        let table = table([
            key(0, "root", KeyScope(spaces: ["dev"])), key(1, "root", KeyScope(roles: [.viewer])),
            key(2, "root", KeyScope(roles: [.reporter])), key(3, "root", KeyScope(endpoints: ["churn"])),
            key(4, "vera", KeyScope(spaces: ["dev"], roles: [.reporter])),
        ])
        let inDev = try caller(0, table)
        #expect(code(table, inDev, .manageMembers, "dev") == nil)
        #expect(code(table, inDev, .viewModels, "prod") == .notFound)
        #expect(code(table, inDev, .manageSpaces, "dev") == .refused)
        #expect(code(table, inDev, .manageKeys, "dev") == .refused)

        let viewer = try caller(1, table)
        #expect(code(table, viewer, .predict, "prod") == nil)
        #expect(code(table, viewer, .deploy, "dev") == .refused)
        #expect(code(table, viewer, .viewServer, "") == nil)
        #expect(code(table, viewer, .manageKeys, "") == .refused)

        for number in [2, 4] {
            let reporter = try caller(number, table)
            for permission in Permission.allCases where permission.reach != .open {
                #expect(
                    (code(table, reporter, permission, "dev") == nil) == (permission == .reportGate), "\(permission)")
            }
        }

        let churn = try caller(3, table)
        #expect(code(table, churn, .predict, "dev", .named("churn")) == nil)
        #expect(code(table, churn, .viewDeployments, "dev", .named("churn")) == nil)
        #expect(code(table, churn, .predict, "dev", .named("fraud")) == .notFound)
        #expect(code(table, churn, .viewDeployments, "dev") == .refused)
        #expect(code(table, churn, .viewModels, "dev", .named("churn")) == .refused)
        #expect(code(table, churn, .deploy, "dev", .named("churn")) == .refused)
        #expect(code(table, churn, .predict, "dev", .later) == nil)
        #expect(!churn.reaches(endpoint: "fraud") && !churn.reaches(endpoint: nil))
    }

    @Test func `a key that has ended says so only to who has its secret`() throws {
        let table = table([
            key(0, "alice", expiresAt: 1_000_000), key(1, "alice", expiresAt: 1_000_001),
            key(2, "alice", revoked: true),
        ])
        func verdict(_ text: KeyText) -> String {
            switch table.caller(with: text, meters: KeyMeters(), now: Self.now) {
            case .accepted: "accepted"
            case .unknown: "unknown"
            case .ended(let why): why
            }
        }
        #expect(verdict(Self.texts[0]).contains("expired"))
        #expect(verdict(Self.texts[1]) == "accepted")
        #expect(verdict(Self.texts[2]).contains("revoked"))
        #expect(verdict(Self.texts[3]) == "unknown")
        let wrong = Array((Self.texts[2].text.dropLast(4) + "0000").utf8)
        let guess = try #require(wrong.withUnsafeBytes { KeyText($0) })
        #expect(verdict(guess) == "unknown")
    }

    @Test func `a token's bearer has the roles of their groups and of the configuration`() {
        let table = table()
        let identity = TokenIdentity(
            principal: "oidc:17", groups: ["ml-ops"], grants: ["dev": .viewer], expiresAt: 5_000_000)
        let person = table.caller(identity)
        #expect(person.roles(in: "prod") == .operator)
        #expect(person.roles(in: "dev") == .viewer)
        #expect(person.roles(in: "default").isEmpty)
        #expect(!person.isAdmin)
        #expect(person.expiresAt == 5_000_000)
        let platform = table.caller(TokenIdentity(principal: "oidc:18", groups: ["platform"], expiresAt: 5))
        #expect(platform.isAdmin)
        // Whoever may choose their subject is not one of our own by it.
        let root = table.caller(TokenIdentity(principal: "oidc:root", groups: ["root"], expiresAt: 5))
        #expect(!root.isAdmin)
    }

    @Test func `an older snapshot is never installed over a newer`() {
        let plane = AccessPlane(AccessSnapshot(generation: 4, spaces: [SpaceAccess(name: "new")]))
        let version = plane.version
        plane.install(AccessSnapshot(generation: 3, spaces: []))
        #expect(plane.current.has(space: "new"))
        #expect(plane.version == version)
        plane.install(AccessSnapshot(generation: 5, spaces: []))
        #expect(!plane.current.has(space: "new"))
        #expect(plane.version != version)
    }
}
