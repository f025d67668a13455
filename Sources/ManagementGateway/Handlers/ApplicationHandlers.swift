import Declarations
import Gateway
import Governance
import HTTPTypes
import Hummingbird
import Identity
import Journal
import ManagementAPI

/// Declared state: who carries it out, and the schema of the files that it is written in.
extension ManagementInterface {
    func applications(_ call: ManagementRequest) async throws -> Response {
        let (generation, current) = try await services.applications.look()
        return try Response.json(
            ApplicationsInfo(generation: generation.number, current: current.map(ApplicationInfo.init))
        ).tagged(revision: generation.number)
    }

    func beginApplication(_ call: ManagementRequest) async throws -> Response {
        let order = try await call.document(ApplicationRequest.self, schema: "ApplicationRequest")
        try await requireHand(call.caller)
        let application = try await services.applications.begin(
            plan: order.plan, steps: order.steps, ifGeneration: try call.ifMatch(), principal: call.principal,
            idempotencyKey: call.idempotencyKey)
        return try .json(ApplicationInfo(application), status: .created)
    }

    func renewApplication(_ call: ManagementRequest) async throws -> Response {
        try .json(ApplicationInfo(services.applications.renew(try call.applicationNumber(), principal: call.principal)))
    }

    func endApplication(_ call: ManagementRequest) async throws -> Response {
        let order = try await call.document(ApplicationEndRequest.self, schema: "ApplicationEndRequest")
        guard order.done >= 0 else { throw ControlError(.invalid, "'done' is \(order.done)", field: "done") }
        let ended = try await services.applications.end(
            try call.applicationNumber(), outcome: order.outcome == .done ? .done : .failed, done: order.done,
            principal: call.principal, isAdmin: call.caller.isAdmin, idempotencyKey: call.idempotencyKey)
        return try .json(ApplicationInfo(ended))
    }

    /// A step of an application is taken only while that is held; it is a sign of life as well.
    func admitStep(_ call: ManagementRequest) throws(ControlError) {
        guard let name = HTTPField.Name(ApplicationHeader.name), let text = call.request.headers[name] else { return }
        guard let number = Int(text), number > 0 else {
            throw ControlError(
                .invalid, "Slipway-Application must be the number of an application, got '\(Name.excerpt(of: text))'",
                field: "Slipway-Application")
        }
        try services.applications.renew(number, principal: call.principal)
    }

    /// Whoever may change nothing anywhere would only keep others waiting.
    private func requireHand(_ caller: Caller) async throws {
        let hands: RoleSet = [.developer, .validator, .operator, .owner]
        if caller.isAdmin { return }
        for space in try await visibleSpaces(to: caller)
        where !caller.roles(in: space.space.name).isDisjoint(with: hands) { return }
        throw ControlError(
            .refused, "'\(caller.principal.id)' may change nothing in any space", hint: "ask an owner for a role")
    }
}

extension ManagementRequest {
    fileprivate func applicationNumber() throws(ControlError) -> Int {
        guard let number = match.version.flatMap({ Int($0) }), number > 0 else {
            throw ControlError(.invalid, "an application has a number from 1", field: "application")
        }
        return number
    }
}

extension ApplicationInfo {
    fileprivate init(_ application: Governance.Application) {
        self.init(
            application: application.number, principal: application.principal.id, plan: application.plan,
            steps: application.steps, since: application.since.description,
            patienceSeconds: Int(ApplicationDesk.patience.components.seconds))
    }
}
