package import Registry

/// The kinds of gates that a policy can name.
package enum GateKind: String, Sendable, Hashable, Codable, CaseIterable {
    case holdout, data, signature, latency, integrity, shadow, replay, external
}

/// Which version a gate is to judge, and against what.
package struct GateSubject: Sendable, Hashable {
    package var promotion: Int
    package var candidate: ModelVersion
    /// What is live under this model's name in the target space; `nil` when nothing is.
    package var champion: ModelVersion?
    package var source: String
    package var target: String

    package init(
        promotion: Int, candidate: ModelVersion, champion: ModelVersion?, source: String, target: String
    ) {
        self.promotion = promotion
        self.candidate = candidate
        self.champion = champion
        self.source = source
        self.target = target
    }
}

/// One check that a promotion must pass, ready to be carried out. It decides nothing about the promotion itself, changes
/// nothing, and may be run again.
package protocol Gate: Sendable {
    var name: String { get }
    var kind: GateKind { get }

    /// Carries the check out. What goes wrong on the way is a report with the outcome `error`.
    ///
    /// - Parameter progress: told now and then, in a few words: `scored 2,000 of 10,000 rows`.
    func run(on subject: GateSubject, progress: @escaping @Sendable (String) -> Void) async -> GateReport
}
