import Gateway
import Identity
import Journal
import Retraining

/// Keys for retraining runs: developers of one space until they expire, and nothing else.
struct RunKeyMaker: RunKeys {
    let keys: KeyService
    let authority: CallerAuthority

    func issue(
        run: Int, space: String, expiresAt: Timestamp
    ) async throws(ControlError) -> (id: String, token: String)? {
        guard !authority.isOpen else { return nil }
        let issued = try await keys.issue(
            name: "retraining run \(run)", scope: KeyScope(home: space, spaces: [space], roles: [.developer]),
            expiresAt: expiresAt)
        return (issued.key.id, issued.text)
    }

    func revoke(_ id: String) async throws(ControlError) { try await keys.revoke(issued: id) }
}
