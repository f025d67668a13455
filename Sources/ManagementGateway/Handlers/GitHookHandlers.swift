import Gateway
import GitRuns
import HTTPTypes
import Hummingbird
import Journal
import ManagementAPI
import NIOCore

extension ManagementInterface {
    /// Whoever asks has shown no key: the signature says whether they may.
    func gitHook(_ call: ManagementRequest) async throws -> Response {
        let message = HookMessage(
            signature: call.header("X-Hub-Signature-256"), event: call.header("X-GitHub-Event"),
            delivery: call.header("X-GitHub-Delivery"), body: try await call.rawBody(upTo: PushEvent.maximumBytes))
        let answer: HookAnswer
        do {
            answer = try await services.gitHooks.receive(call.name, message)
        } catch {
            guard error.code == .unauthenticated else { throw error }
            throw HTTPFault(
                .unauthorized, error.description, fields: [("www-authenticate", "X-Hub-Signature-256")])
        }
        // Two enumerations of the same words, one for each side of the wire.
        let outcome = GitHookAnswer.Outcome(rawValue: answer.outcome.rawValue) ?? .ignored
        return try .json(
            GitHookAnswer(outcome: outcome, message: answer.message, run: answer.run),
            status: answer.outcome == .started ? .accepted : .ok)
    }

    func rotateRepositorySecret(_ call: ManagementRequest) async throws -> Response {
        let secret = try await services.gitHooks.rotateSecret(
            call.name, space: call.space, principal: call.principal)
        return try .json(Self.secret(secret, of: call.name))
    }

    static func secret(_ secret: String, of repository: String) -> RepositorySecretInfo {
        RepositorySecretInfo(repository: repository, path: "/api/v1/hooks/git/\(repository)", secret: secret)
    }
}

extension ManagementRequest {
    fileprivate func header(_ name: String) -> String? { HTTPField.Name(name).flatMap { request.headers[$0] } }

    /// The bytes as they came: a signature is over them.
    fileprivate func rawBody(upTo limit: Int) async throws -> [UInt8] {
        do {
            return Array(try await request.body.collect(upTo: limit).readableBytesView)
        } catch is NIOTooManyBytesError {
            throw ControlError(.tooLarge, "the message has more than \(limit) bytes")
        }
    }
}
