import Crypto
import Identity
import Journal
import NIOCore
import Serving
import Store
import Synchronization

@testable import Gateway

/// Everybody that a matrix asks for: each role in the space `default`, and nobody in `prod`.
struct People {
    enum Kind: String, CaseIterable, Sendable {
        case viewer, developer, validator, `operator`, owner
        /// A key of a validator that is limited to the role.
        case reporter
        /// A key that knows the server and no space of it.
        case stranger
        case admin
        case anonymous, wrongKey, revoked, expired, noBearer

        var role: Role? { Role(rawValue: rawValue) }

        /// Whether the server knows who it is.
        var isKnown: Bool {
            switch self {
            case .anonymous, .wrongKey, .revoked, .expired, .noBearer: false
            default: true
            }
        }
    }

    let plane: AccessPlane
    let authority: CallerAuthority
    private let texts: [Kind: KeyText]
    private(set) var snapshot: AccessSnapshot

    init(failures: FailureLimiter = FailureLimiter(perMinute: 0), meters: KeyMeters = KeyMeters()) {
        var random = SystemRandomNumberGenerator()
        let texts = Dictionary(uniqueKeysWithValues: Kind.allCases.map { ($0, KeyText.make(random)) })
        self.texts = texts
        _ = random.next()
        let members = Kind.allCases.compactMap { kind in
            kind.role.map {
                Membership(space: "default", principal: kind.rawValue, role: $0 == .reporter ? .validator : $0)
            }
        }
        let keys = Kind.allCases.filter { $0 != .wrongKey }.map { kind in
            HashedKey(
                key: APIKey(
                    id: texts[kind]?.id ?? "", lineage: texts[kind]?.id ?? "", name: "", principal: kind.rawValue,
                    scope: KeyScope(roles: kind == .reporter ? [.reporter] : nil), limits: KeyLimits(),
                    createdAt: Timestamp(microseconds: 0), createdBy: "admin",
                    expiresAt: kind == .expired ? Timestamp(microseconds: 1) : nil,
                    revokedAt: kind == .revoked ? Timestamp(microseconds: 1) : nil),
                secretHash: texts[kind]?.secretHash ?? "")
        }
        snapshot = AccessSnapshot(
            generation: 1, spaces: ["default", "prod"].map { SpaceAccess(name: $0) }, members: members,
            admins: ["admin"], keys: keys)
        plane = AccessPlane(snapshot, meters: meters)
        authority = CallerAuthority(plane, isOpen: false, failures: failures)
    }

    func key(_ kind: Kind) -> String { texts[kind]?.text ?? "" }

    /// The value of `Authorization`; `nil` for none.
    func credentials(_ kind: Kind) -> String? {
        switch kind {
        case .anonymous: nil
        case .noBearer: key(.owner)
        default: "Bearer " + key(kind)
        }
    }

    func fields(_ kind: Kind) -> [String] { credentials(kind).map { ["Authorization: " + $0] } ?? [] }

    /// Changes keys as the control plane would, and publishes it.
    mutating func change(_ body: (inout AccessSnapshot) -> Void) {
        body(&snapshot)
        snapshot.generation += 1
        plane.install(snapshot)
    }

    mutating func changeKey(_ kind: Kind, _ body: (inout APIKey) -> Void) {
        let id = texts[kind]?.id
        change { snapshot in
            for index in snapshot.keys.indices where snapshot.keys[index].key.id == id {
                body(&snapshot.keys[index].key)
            }
        }
    }

    /// What somebody may do in `default`, or of the server: `nil` for let in, else the status of the refusal.
    static func expected(_ kind: Kind, _ permission: Permission, space: String) -> Int? {
        // Nobody's message is signed.
        if permission == .tellOfPushes { return 401 }
        if permission.reach == .open { return nil }
        guard kind.isKnown else { return 401 }
        switch permission.reach {
        case .open: return nil
        case .admin: return kind == .admin ? nil : 403
        case .server: return kind == .reporter ? 403 : nil
        case .space:
            if kind == .admin { return nil }
            guard let role = kind.role, space == "default" else { return 404 }
            return permission.roles.contains(role) ? nil : 403
        }
    }
}
