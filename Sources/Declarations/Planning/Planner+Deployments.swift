import Documents
import InferenceProtocol
import ManagementAPI

/// What runs, and how it is watched.
extension Planner {
    mutating func plan(_ declared: DeploymentDeclaration) {
        guard requireSpace(declared.space, declared.place) else { return }
        let current = space(declared.space).deployments[declared.endpoint]
        if let current, current.model != declared.model {
            return refuse(
                declared.place,
                "endpoint '\(declared.endpoint)' serves the model '\(current.model)', not "
                    + "'\(declared.model)'",
                "an endpoint keeps one model: declare another endpoint, or delete this one first")
        }
        guard let version = version(declared, current) else { return }
        guard let current else { return add(declared, version) }
        change(declared, current, to: version)
    }

    /// The version that is to serve; `nil` where that is a problem.
    private mutating func version(
        _ declared: DeploymentDeclaration, _ current: DeployedState?
    ) -> PlannedVersion? {
        let file = files.models.first { $0.key.name == declared.model }
        switch declared.version {
        case .number(let number)?: return known(number, declared)
        case .file?:
            guard let file else {
                refuse(
                    declared.place, "'models' declares no file for '\(declared.model)'",
                    "declare it, or say the version's number or 'latest'")
                return nil
            }
            return version(of: file.value, declared, pushedInto: file.key.space)
        case .latest?: return latest(declared)
        case nil:
            if let current { return .number(current.version) }
            if let file, file.key.space == declared.space {
                return version(of: file.value, declared, pushedInto: file.key.space)
            }
            return latest(declared)
        }
    }

    private mutating func known(_ number: Int, _ declared: DeploymentDeclaration) -> PlannedVersion? {
        let latest = space(declared.space).models[declared.model]?.latest ?? 0
        if number <= latest { return .number(number) }
        refuse(
            declared.place,
            "\(declared.model):\(number) is not available in space '\(declared.space)'"
                + (latest == 0 ? "" : ", where the latest is \(latest)"),
            "`slipway promote` brings it there; `version: file` means the file that 'models' declares")
        return nil
    }

    private mutating func version(
        of digest: String, _ declared: DeploymentDeclaration, pushedInto home: String
    ) -> PlannedVersion? {
        if let number = space(declared.space).models[declared.model]?.versions[digest] { return .number(number) }
        if home == declared.space, pushes(declared.model, into: home) { return .pushed }
        // Where it cannot be pushed at home, that is said already.
        if home != declared.space { leave(declared, until: home) }
        return nil
    }

    private mutating func latest(_ declared: DeploymentDeclaration) -> PlannedVersion? {
        if pushes(declared.model, into: declared.space) { return .pushed }
        let models = space(declared.space).models
        if let model = models[declared.model] { return .number(model.latest) }
        if let home = declaration.models.first(where: { $0.name == declared.model })?.space, home != declared.space {
            leave(declared, until: home)
            return nil
        }
        refuse(
            declared.place, "there is no model '\(declared.model)' in space '\(declared.space)'",
            NameSuggestion.nearest(to: declared.model, among: models.keys.sorted()).map { "did you mean '\($0)'?" }
                ?? "declare it under 'models', or bring a version there with `slipway promote`")
        return nil
    }

    /// What has yet to be promoted is no reason to do nothing else: the push that comes before it is in the same file.
    private mutating func leave(_ declared: DeploymentDeclaration, until home: String) {
        waiting.insert("\(declared.space)/\(declared.endpoint)")
        notes.append(
            DeclarationError(
                declared.place,
                "endpoint '\(declared.endpoint)' of space '\(declared.space)' waits for the declared version of "
                    + "'\(declared.model)', which is not available there",
                hint: "`slipway promote` brings it from space '\(home)'; then apply again"))
    }

    private mutating func add(_ declared: DeploymentDeclaration, _ version: PlannedVersion) {
        let options = declared.options ?? .standard
        let document = Difference.document(of: options)
        steps.append(
            PlanStep(
                .add, .deployment, declared.endpoint, space: declared.space,
                ["version: nothing -> \(declared.model):\(version.words)"]
                    + Difference.lines(from: .mapping([:]), to: document, at: "options"), at: declared.place,
                .deploy(declared, version: version, options: options, ifRevision: 0)))
    }

    private mutating func change(
        _ declared: DeploymentDeclaration, _ current: DeployedState, to version: PlannedVersion
    ) {
        let options = declared.options ?? current.options
        let optionLines = Difference.lines(
            from: Difference.document(of: current.options), to: Difference.document(of: options), at: "options")
        let moves = version != .number(current.version)
        let versionLine = "version: \(declared.model):\(current.version) -> \(declared.model):\(version.words)"
        guard moves || !optionLines.isEmpty else { return }
        if let candidates = current.candidates {
            if case .number(let number) = version, candidates.contains(number), moves, optionLines.isEmpty {
                return notes.append(
                    DeclarationError(
                        declared.place,
                        "a rollout of '\(declared.endpoint)' to version \(number) is open; it is left to it"))
            }
            return refuse(
                declared.place, "endpoint '\(declared.endpoint)' has an open rollout",
                "`slipway rollout status \(declared.endpoint)` shows it; promote or abort it first")
        }
        if moves, declared.rollout != nil {
            if !optionLines.isEmpty {
                notes.append(
                    DeclarationError(
                        declared.place,
                        "a rollout changes the version and nothing else: apply again once it has ended, for the options"
                    ))
            }
            steps.append(
                PlanStep(
                    .change, .rollout, declared.endpoint, space: declared.space, [versionLine], at: declared.place,
                    .startRollout(declared, version: version, ifRevision: current.revision)))
            return
        }
        steps.append(
            PlanStep(
                .change, .deployment, declared.endpoint, space: declared.space,
                (moves ? [versionLine] : []) + optionLines, at: declared.place,
                .deploy(declared, version: version, options: options, ifRevision: current.revision)))
    }

    // MARK: monitors

    mutating func plan(_ declared: MonitorDeclaration) {
        guard requireSpace(declared.space, declared.place) else { return }
        let found = space(declared.space)
        let isDeclared = declaration.deployments.contains {
            $0.endpoint == declared.endpoint && $0.space == declared.space
        }
        guard found.deployments[declared.endpoint] != nil || isDeclared else {
            return refuse(
                declared.place, "nothing is deployed at '\(declared.endpoint)' in space '\(declared.space)'",
                NameSuggestion.nearest(to: declared.endpoint, among: found.deployments.keys.sorted())
                    .map { "did you mean '\($0)'?" } ?? "declare it under 'deployments' too")
        }
        // Nothing is deployed yet, and a note has said why.
        let isWaiting = waiting.contains("\(declared.space)/\(declared.endpoint)")
        if isWaiting, found.deployments[declared.endpoint] == nil { return }
        let current = found.monitors[declared.endpoint]
        let before = current?.document ?? .mapping([:])
        let details = Difference.lines(from: before, to: declared.document)
        guard !details.isEmpty else { return }
        steps.append(
            PlanStep(
                before == .mapping([:]) ? .add : .change, .monitor, declared.endpoint, space: declared.space, details,
                at: declared.place, .setMonitor(declared.document, ifRevision: current?.revision)))
    }

    // MARK: what is not named

    /// Only in spaces that the files declare, and only of what they speak of.
    mutating func prune() {
        var members: [PlanStep] = []
        for declared in declaration.spaces {
            guard let found = state.spaces[declared.name] else { continue }
            pruneMonitors(declared.name, found)
            pruneDeployments(declared.name, found)
            guard let named = declared.members.map({ Set($0.map(\.principal)) }) else { continue }
            for (principal, role) in found.members.sorted(by: { $0.key < $1.key }) where !named.contains(principal) {
                members.append(
                    PlanStep(
                        .remove, .member, principal, space: declared.name, ["role: \(role.rawValue) -> nothing"],
                        at: nil, .removeMember(before: role)))
            }
        }
        // Last: whoever applies may be among them.
        steps += members
    }

    private mutating func pruneMonitors(_ name: String, _ found: SpaceState) {
        guard declaration.sections.contains(.monitors) else { return }
        let named = Set(declaration.monitors.filter { $0.space == name }.map(\.endpoint))
        for (endpoint, monitor) in found.monitors.sorted(by: { $0.key < $1.key })
        where !named.contains(endpoint) && monitor.document != .mapping([:]) {
            // What goes with its endpoint needs no step of its own.
            guard !isPruned(endpoint, in: name) else { continue }
            steps.append(
                PlanStep(
                    .remove, .monitor, endpoint, space: name,
                    Difference.lines(from: monitor.document, to: .mapping([:])), at: nil,
                    .setMonitor(.mapping([:]), ifRevision: monitor.revision)))
        }
    }

    private mutating func pruneDeployments(_ name: String, _ found: SpaceState) {
        for (endpoint, deployment) in found.deployments.sorted(by: { $0.key < $1.key })
        where isPruned(endpoint, in: name) {
            steps.append(
                PlanStep(
                    .remove, .deployment, endpoint, space: name,
                    ["version: \(deployment.model):\(deployment.version) -> nothing"], at: nil,
                    .deleteDeployment(ifRevision: deployment.revision)))
        }
    }

    private func isPruned(_ endpoint: String, in space: String) -> Bool {
        declaration.sections.contains(.deployments)
            && !declaration.deployments.contains { $0.space == space && $0.endpoint == endpoint }
    }

    private mutating func refuse(_ place: SourcePlace, _ message: String, _ hint: String) {
        problems.append(DeclarationError(place, message, hint: hint))
    }
}
