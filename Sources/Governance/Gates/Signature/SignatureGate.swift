import Registry
import Tensors

/// The gate `signature`: what callers send to the champion today works with the candidate, and they find what they read.
package struct SignatureGate: Gate {
    package let name: String
    package var kind: GateKind { .signature }

    package init(name: String) {
        self.name = name
    }

    package func run(on subject: GateSubject, progress: @escaping @Sendable (String) -> Void) async -> GateReport {
        guard let champion = subject.champion else {
            return GateReport(
                gate: name, kind: kind, outcome: .passed,
                summary: "no version of \(subject.candidate.model) is live in \(subject.target): "
                    + "there are no callers to keep faith with")
        }
        let differences = SignatureComparison(
            champion: champion.description.signature, candidate: subject.candidate.description.signature
        ).differences
        let breaking = differences.filter { !$0.isCompatible }
        var report = GateReport(
            gate: name, kind: kind, outcome: breaking.isEmpty ? .passed : .failed,
            summary: Self.summary(champion.label, differences: differences.count, breaking: breaking.map(\.subject)),
            figures: differences.map {
                GateFigure(
                    name: $0.subject, candidate: nil, limit: $0.now ?? "not there", passed: $0.isCompatible,
                    note: $0.words)
            })
        let before = champion.description.signature.outputs.count
        if before == 1, subject.candidate.description.signature.outputs.count > 1 {
            report.notes.append(
                "callers of TensorFlow Serving's interface get an object by output's name for each row, where a bare "
                    + "value was: it has more than one output now")
        }
        return report
    }

    private static func summary(_ champion: String, differences: Int, breaking: [String]) -> String {
        if differences == 0 { return "inputs and outputs are those of \(champion)" }
        if breaking.isEmpty {
            return "what callers send to \(champion) today still works; \(differences) "
                + (differences == 1 ? "difference" : "differences")
        }
        return "what callers send to \(champion) today, or read, no longer works: \(LimitText.listed(breaking))"
    }
}
