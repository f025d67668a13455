import Deployments
import Documents
import Foundation
import Governance
import Journal
import ManagementAPI
import Serving

/// Deployments and how they are watched.
extension DeclarationReader {
    func deployment(_ item: inout DocumentFields) throws(ControlError) -> DeploymentDeclaration {
        let endpoint = try name("endpoint", &item)
        let model = try item.text("model") ?? endpoint
        try Name.validate(model, field: item.place("model"))
        let rollout = try rollout(&item)
        let watch = try item.duration("watch", in: 0...86_400)
        if rollout != nil, watch != nil {
            throw item.refusal("watch", "is there beside 'rollout', which watches by itself", hint: "leave one out")
        }
        let reason = try item.text("reason")
        guard reason?.utf8.count ?? 0 <= 4096 else { throw item.refusal("reason", "has more than 4096 bytes") }
        return DeploymentDeclaration(
            endpoint: endpoint, space: try space(of: &item), model: model, version: try version(&item),
            options: try options(&item), rollout: rollout, watchSeconds: watch, reason: reason,
            place: place(item.path))
    }

    private func version(_ item: inout DocumentFields) throws(ControlError) -> VersionChoice? {
        switch item.value("version") {
        case nil: return nil
        case .whole(let number)? where number > 0: return .number(number)
        case .text("latest")?: return .latest
        case .text("file")?: return .file
        case let value?:
            throw item.refusal(
                "version", "is \(Name.excerpt(of: value.line))",
                hint: "a number from 1, 'latest' (available in the space) or 'file' (the bytes that 'models' declares)")
        }
    }

    /// What `slipway rollout start -f` takes, but for the version to go to.
    private func rollout(_ item: inout DocumentFields) throws(ControlError) -> DocumentValue? {
        guard let value = item.value("rollout") else { return nil }
        let place = item.place("rollout")
        guard case .mapping(var members) = value else {
            throw DocumentFields.wrong(place, "a mapping of names to values", value)
        }
        for name in ["to", "variants"] where members[name] != nil {
            throw ControlError(
                .invalid, "'\(place).\(name)' cannot stand here: the deployment's 'version' says where to go",
                field: "\(place).\(name)")
        }
        members["to"] = .whole(1)
        do { _ = try RolloutDraft(document: .mapping(members)) } catch { throw error.within(place) }
        return value
    }

    private static let optionNames: (all: [String], batching: [String], ledger: [String]) = (
        [
            "instances", "minInstances", "idleSeconds", "queueLimit", "intraOpThreads", "deadlineMilliseconds",
            "maxBodyBytes", "batching", "isolation", "workerMemoryBytes", "ledger",
        ],
        ["maxBatchSize", "maxDelayMicroseconds"], ["share", "exclude", "hash", "retentionDays", "retentionBytes"]
    )

    private func options(_ item: inout DocumentFields) throws(ControlError) -> DeploymentOptions? {
        guard let value = item.value("options") else { return nil }
        let place = item.place("options")
        let names = Self.optionNames
        var fields = try Self.known(names.all, in: value, at: place)
        if let batching = fields.value("batching") {
            _ = try Self.known(names.batching, in: batching, at: fields.place("batching"))
        }
        if let ledger = fields.value("ledger") {
            _ = try Self.known(names.ledger, in: ledger, at: fields.place("ledger"))
        }
        _ = try fields.word("isolation", among: IsolationMode.allCases.map(\.rawValue))
        var again = try DocumentFields(value, at: place)
        let wire = try again.rest(as: DeploymentOptions.self, hint: "docs/reference/deployment.md has the options")
        do {
            let options = try EndpointOptions(wire)
            try options.validate()
            return DeploymentOptions(options)
        } catch {
            throw error.within(place)
        }
    }

    /// The members of a mapping, refused by name where they are none of `names`.
    private static func known(
        _ names: [String], in value: DocumentValue, at place: String
    ) throws(ControlError) -> DocumentFields {
        var fields = try DocumentFields(value, at: place)
        for name in names { _ = fields.value(name) }
        try fields.finish()
        return fields
    }

    func monitor(_ item: inout DocumentFields) throws(ControlError) -> MonitorDeclaration {
        let endpoint = try name("endpoint", &item)
        let space = try space(of: &item)
        return MonitorDeclaration(
            endpoint: endpoint, space: space, document: try MonitorDocument.canonical(&item), place: place(item.path))
    }
}
