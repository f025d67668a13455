import Crypto
package import Documents
import Foundation
package import ManagementAPI

/// What has to be done so that a server is as declared: in the order in which it can be done.
package struct Plan: Sendable, Hashable {
    package let generation: Int
    package let steps: [PlanStep]
    /// Why the declaration cannot be carried out; with one of them nothing is.
    package let problems: [DeclarationError]
    /// What a person should know, and needs no step.
    package let notes: [DeclarationError]

    package init(
        generation: Int, steps: [PlanStep], problems: [DeclarationError] = [], notes: [DeclarationError] = []
    ) {
        self.generation = generation
        self.steps = steps
        self.problems = problems
        self.notes = notes
    }

    /// SHA-256 over the steps: the same plan has the same one, whenever it is made.
    package var digest: String {
        var hasher = SHA256()
        for step in steps {
            for part in [step.change.rawValue, step.kind.rawValue, step.space, step.name] + step.details {
                hasher.update(data: Array("\(part.utf8.count):\(part)".utf8))
            }
            hasher.update(data: Array("\(step.work.basis)\n".utf8))
        }
        return hasher.finalize().map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 2 ? digits : "0" + digits
        }.joined()
    }
}

/// One step of a plan.
package struct PlanStep: Sendable, Hashable {
    package enum Change: String, Sendable, Hashable, Codable { case add, change, remove }

    package enum Kind: String, Sendable, Hashable, Codable {
        case space, policy, member
        case dataSet = "data set"
        case model, deployment, rollout, monitor
    }

    package let change: Change
    package let kind: Kind
    package let space: String
    package let name: String
    /// What becomes of what, a line each: `options.instances: 2 -> 4`.
    package let details: [String]
    /// `nil` for what is pruned: no file names it.
    package let place: SourcePlace?
    package let work: PlanWork

    init(
        _ change: Change, _ kind: Kind, _ name: String, space: String, _ details: [String] = [], at place: SourcePlace?,
        _ work: PlanWork
    ) {
        self.change = change
        self.kind = kind
        self.space = space
        self.name = name
        self.details = details
        self.place = place
        self.work = work
    }

    /// `deployment churn of space prod`
    package var title: String {
        switch kind {
        case .space: "space \(name)"
        case .policy: "policy of space \(space)"
        case .monitor: "monitor of \(name) in space \(space)"
        default: "\(kind.rawValue) \(name) in space \(space)"
        }
    }
}

/// What is asked of the server, with the revision that it was planned from: whatever somebody else does in between is
/// never overwritten.
package enum PlanWork: Sendable, Hashable {
    case createSpace
    case setPolicy(DocumentValue, ifRevision: Int)
    case setMember(RoleName, before: RoleName?)
    case removeMember(before: RoleName)
    case pushDataSet(DataSetDeclaration)
    case pushModel(ModelDeclaration)
    case deploy(DeploymentDeclaration, version: PlannedVersion, options: DeploymentOptions, ifRevision: Int)
    case startRollout(DeploymentDeclaration, version: PlannedVersion, ifRevision: Int)
    case deleteDeployment(ifRevision: Int)
    /// `nil` where the endpoint comes into being by the same plan: what an earlier one of the name left is not known.
    case setMonitor(DocumentValue, ifRevision: Int?)

    /// What the digest says of it beyond the step's own words.
    fileprivate var basis: String {
        switch self {
        case .createSpace: ""
        case .setPolicy(let document, let revision): "\(document.json) \(revision)"
        case .setMember(_, let before): before?.rawValue ?? ""
        case .removeMember(let before): before.rawValue
        case .pushDataSet(let declaration): declaration.file?.path ?? ""
        case .pushModel(let declaration): declaration.file?.path ?? ""
        case .deploy(_, let version, _, let revision), .startRollout(_, let version, let revision):
            "\(version.words) \(revision)"
        case .deleteDeployment(let revision): String(revision)
        case .setMonitor(let document, let revision): "\(document.json) \(revision ?? -1)"
        }
    }
}

/// A version that is there, or that an earlier step of the same plan makes.
package enum PlannedVersion: Sendable, Hashable {
    case number(Int)
    case pushed

    package var words: String {
        switch self {
        case .number(let number): String(number)
        case .pushed: "the version that is pushed"
        }
    }
}
