import Journal

/// What a gate of a policy demands, by kind.
package enum GateRule: Sendable, Hashable {
    case integrity
    case external(ExternalRule)

    package var kind: GateKind {
        switch self {
        case .integrity: .integrity
        case .external: .external
        }
    }

    /// Reads the fields that this kind of gate has; the caller says what is left over.
    init(_ kind: GateKind, _ fields: inout PolicyFields) throws(ControlError) {
        switch kind {
        case .integrity: self = .integrity
        case .external: self = .external(try ExternalRule(&fields))
        case .holdout, .data, .signature, .latency:
            throw fields.refusal(
                "kind", "is '\(kind.rawValue)', which this server has no gate for",
                hint: "there are integrity and external")
        }
    }
}
