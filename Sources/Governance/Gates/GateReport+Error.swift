import Journal

extension GateReport {
    /// A gate that could not be carried out.
    static func error(_ gate: String, _ kind: GateKind, _ error: ControlError) -> GateReport {
        GateReport(
            gate: gate, kind: kind, outcome: .error, summary: error.message, notes: error.hint.map { [$0] } ?? [])
    }
}
