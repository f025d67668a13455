import Documents
import Governance
import InferenceProtocol
import Journal
import ManagementAPI

/// Compares what is declared with what there is. A pure function of values: the same ones give the same plan.
package struct Planner {
    let declaration: Declaration
    let state: ServerState
    let files: LocalFiles
    let prunes: Bool
    var steps: [PlanStep] = []
    var problems: [DeclarationError] = []
    var notes: [DeclarationError] = []
    /// Endpoints, by space, whose version has yet to be promoted.
    var waiting: Set<String> = []
    /// Set last: nothing that serves could change after them.
    private var freezing: [PlanStep] = []

    /// - Parameter prunes: whether what the files do not name goes: members, deployments and monitors of the spaces under
    ///   `spaces`, each only where the files speak of such. Spaces, models, versions and data sets never do.
    package init(_ declaration: Declaration, _ state: ServerState, files: LocalFiles, prunes: Bool) {
        self.declaration = declaration
        self.state = state
        self.files = files
        self.prunes = prunes
    }

    package static func plan(
        _ declaration: Declaration, _ state: ServerState, files: LocalFiles = LocalFiles(), prunes: Bool = false
    ) -> Plan {
        var planner = Planner(declaration, state, files: files, prunes: prunes)
        planner.run()
        return Plan(
            generation: state.generation, steps: planner.steps, problems: planner.problems, notes: planner.notes)
    }

    private mutating func run() {
        for space in declaration.spaces where !state.names.contains(space.name) {
            steps.append(PlanStep(.add, .space, space.name, space: space.name, at: space.place, .createSpace))
        }
        for space in declaration.spaces { planPolicy(space) }
        for space in declaration.spaces { planMembers(space) }
        for dataSet in declaration.dataSets { plan(dataSet) }
        for model in declaration.models { plan(model) }
        for deployment in declaration.deployments { plan(deployment) }
        for monitor in declaration.monitors { plan(monitor) }
        if prunes { prune() }
        steps += freezing
    }

    // MARK: what there is

    func space(_ name: String) -> SpaceState { state.spaces[name] ?? SpaceState() }

    /// Whether the space is there, or will be; else that is a problem.
    mutating func requireSpace(_ name: String, _ place: SourcePlace) -> Bool {
        guard let missing = missing(name, place) else { return true }
        problems.append(missing)
        return false
    }

    private func missing(_ name: String, _ place: SourcePlace) -> DeclarationError? {
        let declared = declaration.spaces.map(\.name)
        guard !state.names.contains(name), !declared.contains(name) else { return nil }
        let known = declared + state.names.sorted()
        return DeclarationError(
            place, "there is no space '\(name)'",
            hint: NameSuggestion.nearest(to: name, among: known).map { "did you mean '\($0)'?" }
                ?? "declare it under 'spaces', or make it with `slipway space create \(name)`")
    }

    // MARK: spaces

    private mutating func planPolicy(_ declared: SpaceDeclaration) {
        guard let wanted = declared.policy else { return }
        let current = space(declared.name).policy
        let details = Difference.lines(from: current.document.canonical, to: wanted.document.canonical)
        guard !details.isEmpty else { return }
        let step = PlanStep(
            current.revision == 0 ? .add : .change, .policy, declared.name, space: declared.name, details,
            at: declared.policyPlace, .setPolicy(wanted.document.canonical, ifRevision: current.revision))
        if wanted.freeze == nil { steps.append(step) } else { freezing.append(step) }
        // The caller may not see it: no reason to stop.
        notes += wanted.promotesFrom.compactMap { missing($0, declared.policyPlace) }
    }

    private mutating func planMembers(_ declared: SpaceDeclaration) {
        let current = space(declared.name).members
        for member in declared.members ?? [] where current[member.principal] != member.role {
            let before = current[member.principal]
            steps.append(
                PlanStep(
                    before == nil ? .add : .change, .member, member.principal, space: declared.name,
                    ["role: \(before?.rawValue ?? "nothing") -> \(member.role.rawValue)"], at: member.place,
                    .setMember(member.role, before: before)))
        }
    }

    // MARK: bytes

    private mutating func plan(_ declared: DataSetDeclaration) {
        guard requireSpace(declared.space, declared.place) else { return }
        let current = space(declared.space).dataSets[declared.name]
        guard let sha256 = files.dataSets[declared] else {
            guard current == nil else { return }
            return problems.append(
                DeclarationError(
                    declared.place, "there is no data set '\(declared.name)' in space '\(declared.space)'",
                    hint: "name its file with 'file', or push it with `slipway dataset push`"))
        }
        guard current?.versions[sha256] == nil else { return }
        steps.append(
            PlanStep(
                current == nil ? .add : .change, .dataSet, declared.name, space: declared.space,
                ["sha256: \(sha256)"], at: declared.place, .pushDataSet(declared)))
    }

    private mutating func plan(_ declared: ModelDeclaration) {
        guard requireSpace(declared.space, declared.place) else { return }
        let current = space(declared.space).models[declared.name]
        guard let digest = files.models[declared] else {
            guard current == nil else { return }
            return problems.append(
                DeclarationError(
                    declared.place, "there is no model '\(declared.name)' in space '\(declared.space)'",
                    hint: "name its file with 'file', or bring a version there with `slipway promote`"))
        }
        guard current?.versions[digest] == nil else { return }
        if let sources = promotionSources(of: declared.space) {
            return problems.append(
                DeclarationError(
                    declared.place,
                    "space '\(declared.space)' takes versions by promotion only, from \(sources.joined(separator: ", "))",
                    hint: "declare the model in space '\(sources[0])', then `slipway promote`"))
        }
        steps.append(
            PlanStep(
                current == nil ? .add : .change, .model, declared.name, space: declared.space, ["digest: \(digest)"],
                at: declared.place, .pushModel(declared)))
    }

    /// `nil` for a space that takes pushes, as it will be.
    private func promotionSources(of name: String) -> [String]? {
        let declared = declaration.spaces.first { $0.name == name }?.policy
        let sources = (declared ?? space(name).policy).promotesFrom
        return sources.isEmpty ? nil : sources
    }

    /// Whether an earlier step pushes a version of the model into the space.
    func pushes(_ model: String, into space: String) -> Bool {
        steps.contains { $0.kind == .model && $0.name == model && $0.space == space }
    }
}
