import Deployments
import Documents
import Drift
import Foundation
import Gateway
import GitRuns
import Governance
import HTTPTypes
import Hummingbird
import Identity
import InferenceProtocol
import Journal
import ManagementAPI
import Monitoring
import NIOCore
import Quality
import Retraining
import Serving

extension ManagementInterface {
    func createSpace(_ call: ManagementRequest) async throws -> Response {
        let order = try await call.document(SpaceRequest.self, schema: "SpaceRequest")
        let space = try await services.spaces.create(
            order.name, principal: call.principal, idempotencyKey: call.idempotencyKey)
        return try .json(SpaceInfo(space), status: .created)
    }

    func deleteSpace(_ call: ManagementRequest) async throws -> Response {
        try await services.spaces.delete(
            call.space, principal: call.principal, idempotencyKey: call.idempotencyKey)
        // A space that is made under its name again must not see what it knew.
        await services.ledger.remove(space: call.space)
        await services.series.remove(space: call.space)
        services.retraining.remove(space: call.space)
        await services.gitRuns.remove(space: call.space)
        await services.drift.remove(space: call.space)
        await services.quality.remove(space: call.space)
        return .json(bytes: Array("{}".utf8))
    }

    /// Takes YAML by its content type, else JSON. The policy itself is read by Governance, whichever it was written in.
    func setPolicy(_ call: ManagementRequest) async throws -> Response {
        let document = try await call.policyDocument("policy")
        let policy = try await services.deployments.setPolicy(
            Governance.SpacePolicy(document: document), of: call.space, principal: call.principal,
            idempotencyKey: call.idempotencyKey, ifMatch: try call.ifMatch())
        return try Response.json(ManagementAPI.SpacePolicy(policy)).tagged(revision: policy.revision)
    }

    func policyRevisions(_ call: ManagementRequest) async throws -> Response {
        let (limit, after) = try call.page()
        let list = try await services.spaces.policyRevisions(of: call.space, after: after, limit: limit)
        return try .json(ManagementAPI.Page(items: list.items.map(PolicyRevisionInfo.init), next: list.next))
    }
}

extension ManagementRequest {
    /// The body as a document that people write: YAML by its content type, else JSON.
    func policyDocument(_ what: String) async throws -> DocumentValue {
        let type = request.headers[.contentType]?.lowercased() ?? ""
        let body = try await text(limit: DocumentText.maximumBytes, what: what)
        if type.contains("yaml") { return try DocumentText.value(yaml: body, what: what) }
        if let problem = JSONSyntax.problem(in: ByteBuffer(string: body)) {
            throw ControlError(.invalid, "the body is not JSON: \(problem.message)")
        }
        return try DocumentText.value(json: Data(body.utf8), what: what)
    }

    /// The body as text.
    func text(limit: Int, what: String) async throws -> String {
        let buffer: ByteBuffer
        do {
            buffer = try await request.body.collect(upTo: limit)
        } catch is NIOTooManyBytesError {
            throw ControlError(.tooLarge, "the \(what) is larger than \(limit) bytes")
        }
        guard let text = String(validating: buffer.readableBytesView, as: UTF8.self) else {
            throw ControlError(.invalid, "the \(what) is not UTF-8 text")
        }
        guard !text.isEmpty else { throw ControlError(.invalid, "the body is empty: it must be the \(what)") }
        return text
    }
}

extension PolicyRevisionInfo {
    init(_ revision: PolicyRevision) {
        self.init(
            revision: revision.policy.revision, policy: ManagementAPI.SpacePolicy(revision.policy),
            setAt: revision.setAt.description, setBy: revision.setBy)
    }
}

extension ManagementAPI.SpacePolicy {
    init(_ policy: Governance.SpacePolicy) {
        let isolation: IsolationDemand =
            switch policy.isolation {
            case nil: .any
            case .shared: .shared
            case .worker: .worker
            }
        self.init(
            isolation: isolation, promotesFrom: policy.promotesFrom.isEmpty ? nil : policy.promotesFrom,
            gates: policy.gates.isEmpty ? nil : policy.gates.map(GatePolicy.init),
            approvals: ApprovalPolicy(policy.approvals),
            deploy: policy.deploy?.map(\.rawValue), rollout: policy.rollout?.map(\.rawValue),
            rollback: policy.rollback?.map(\.rawValue), rolloutApprovals: ApprovalPolicy(policy.rolloutApprovals),
            frozen: policy.freeze == nil ? nil : true,
            frozenReason: policy.freeze.flatMap { $0.isEmpty ? nil : $0 })
    }
}

extension ApprovalPolicy {
    /// `nil` where nobody's approval is asked for.
    fileprivate init?(_ demand: ApprovalDemand) {
        guard demand.count > 0 else { return nil }
        self.init(count: demand.count, roles: demand.roles.map(\.rawValue), fourEyes: demand.fourEyes)
    }
}

extension GatePolicy {
    fileprivate init(_ gate: GateDemand) {
        self.init(
            name: gate.name, kind: gate.kind.rawValue, models: gate.models,
            rule: gate.fields.mapValues(PolicyField.init))
    }
}

extension PolicyField {
    init(_ value: DocumentValue) {
        switch value {
        case .null: self = .null
        case .flag(let flag): self = .flag(flag)
        case .whole(let whole): self = .whole(whole)
        case .number(let number): self = .number(number)
        case .text(let text): self = .text(text)
        case .list(let list): self = .list(list.map(PolicyField.init))
        case .mapping(let mapping): self = .mapping(mapping.mapValues(PolicyField.init))
        }
    }
}
