import Journal

/// What a gate of a policy demands, by kind.
package enum GateRule: Sendable, Hashable {
    case data(DataRule)
    case signature
    case integrity
    case external(ExternalRule)

    package var kind: GateKind {
        switch self {
        case .data: .data
        case .signature: .signature
        case .integrity: .integrity
        case .external: .external
        }
    }

    /// Reads the fields that this kind of gate has; the caller says what is left over.
    init(_ kind: GateKind, _ fields: inout PolicyFields) throws(ControlError) {
        switch kind {
        case .data:
            let rule = try fields.rest(as: DataRule.self)
            try rule.validate(path: fields.path)
            self = .data(rule)
        case .signature: self = .signature
        case .integrity: self = .integrity
        case .external: self = .external(try ExternalRule(&fields))
        case .holdout, .latency:
            throw fields.refusal(
                "kind", "is '\(kind.rawValue)', which this server has no gate for",
                hint: "there are data, signature, integrity and external")
        }
    }
}
