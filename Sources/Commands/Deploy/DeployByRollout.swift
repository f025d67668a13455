import Documents
import Journal
import ManagementAPI
import SlipwayClient

/// What `slipway deploy --rollout` does at an endpoint that serves already: what a run of the server's own would do there.
struct DeployByRollout: Sendable {
    /// How another version takes over.
    enum Way: Sendable, Hashable {
        /// A rollout's document without the version.
        case document([String: DocumentValue])
        /// Blue-green where the space's policy asks people to approve of rollouts, else at once.
        case asPolicyAsks

        /// The word for it, where others give a file.
        static let asPolicyAsksWord = "auto"
    }

    /// What it came to.
    enum Outcome: Sendable {
        /// To be deployed at once, with the options of what serves now.
        case atOnce(live: DeploymentInfo)
        case isLive(DeploymentInfo)
        case rolledBack(DeploymentInfo, before: DeploymentInfo)
        case rollout(RolloutInfo)
    }

    let way: Way
    let endpoint: String
    let model: String
    let version: Int
    let reason: String?

    /// - Parameter live: what the endpoint serves.
    func run(over live: DeploymentInfo, _ session: Session) async throws -> Outcome {
        let client = session.client
        guard live.model == model else {
            throw Failure(
                "endpoint '\(endpoint)' serves the model '\(live.model)': no rollout leads to '\(model)'",
                hint: "without --rollout it is replaced at once; --as gives it an endpoint of its own")
        }
        // Nothing answers there that could be led away from.
        if live.state == .unloaded { return .atOnce(live: live) }
        let open = try await client.rollouts(of: endpoint, onlyOpen: true).items.first { $0.state != .watching }
        if live.version == version {
            if let open { try await end(open, client) }
            return .isLive(live)
        }
        // Only a newer one is taken back: what was undone here is not done again for the same bytes.
        if version < live.version, let past = try await past(before: live.revision, client) {
            let now = try await client.rollBack(endpoint, to: past, reason: reason, ifRevision: live.revision)
            return .rolledBack(now, before: live)
        }
        if let open, leads(open) { return .rollout(open) }
        guard let document = try await document(session) else { return .atOnce(live: live) }
        return .rollout(
            try await client.startRollout(
                of: endpoint, yaml: document.yaml().joined(separator: "\n"), ifRevision: live.revision))
    }

    /// The last revision, of this life of the endpoint, that served the version.
    private func past(before revision: Int, _ client: SlipwayClient) async throws -> Int? {
        try await allItems { page in try await client.revisions(of: endpoint, after: page) }
            .prefix { $0.action != "delete" }
            .first {
                $0.revision < revision && $0.model == model && $0.version == version && $0.action != "unload"
            }?.revision
    }

    /// Whether it leads to the version.
    private func leads(_ rollout: RolloutInfo) -> Bool {
        rollout.variants.contains { $0.version == version && $0.version != rollout.fromVersion }
    }

    /// What serves is to go on serving: one's own rollout away from it is over, as it would be for a run of the server's.
    private func end(_ rollout: RolloutInfo, _ client: SlipwayClient) async throws {
        guard rollout.requestedBy == (try await client.me().principal) else {
            throw Failure(
                "rollout \(rollout.rollout) leads '\(endpoint)' away from \(model):\(version), and is not yours: "
                    + "\(rollout.requestedBy) asked for it",
                hint: "slipway rollout abort \(endpoint)")
        }
        _ = try await client.abortRollout(of: endpoint, rollout.rollout, reason: reason)
    }

    private func document(_ session: Session) async throws -> DocumentValue? {
        var members: [String: DocumentValue]
        switch way {
        case .document(let given): members = given
        case .asPolicyAsks:
            let approvals = try await session.client.policy(of: session.space).rolloutApprovals
            guard let approvals, approvals.count > 0 else { return nil }
            members = ["strategy": .text("blue-green")]
        }
        members["to"] = .text("\(model):\(version)")
        if members["reason"] == nil, let reason { members["reason"] = .text(reason) }
        return .mapping(members)
    }
}

extension DeployByRollout.Way {
    /// - Parameter argument: `auto`, a file, or `-`.
    init(argument: String) throws {
        guard argument != Self.asPolicyAsksWord else {
            self = .asPolicyAsks
            return
        }
        let text = try InputSource.document(argument)
        do throws(ControlError) {
            let value = try DocumentText.value(yaml: text, what: "the rollout")
            guard case .mapping(let members) = value else {
                throw DocumentFields.wrong("rollout", "a mapping of names to values", value)
            }
            guard members["to"] == nil, members["variants"] == nil else {
                throw ControlError(
                    .invalid, "the rollout names a version", field: "to", hint: "it is about the one that is deployed")
            }
            self = .document(members)
        } catch {
            throw Failure("--rollout: \(error.message)", hint: error.hint, code: .usage)
        }
    }
}
