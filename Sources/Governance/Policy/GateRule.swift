import Documents
import Journal

/// What a gate of a policy demands, by kind.
package enum GateRule: Sendable, Hashable {
    case holdout(HoldoutRule)
    case data(DataRule)
    case signature
    case latency(LatencyRule)
    case integrity
    case shadow(ShadowRule)
    case replay(ReplayRule)
    case external(ExternalRule)

    package var kind: GateKind {
        switch self {
        case .holdout: .holdout
        case .data: .data
        case .signature: .signature
        case .latency: .latency
        case .integrity: .integrity
        case .shadow: .shadow
        case .replay: .replay
        case .external: .external
        }
    }

    /// Reads the fields that this kind of gate has; the caller says what is left over.
    init(_ kind: GateKind, _ fields: inout DocumentFields) throws(ControlError) {
        switch kind {
        case .holdout:
            let rule = try fields.rest(as: HoldoutRule.self)
            try rule.validate(path: fields.path)
            self = .holdout(rule)
        case .latency:
            let rule = try fields.rest(as: LatencyRule.self)
            try rule.validate(path: fields.path)
            self = .latency(rule)
        case .data:
            let rule = try fields.rest(as: DataRule.self)
            try rule.validate(path: fields.path)
            self = .data(rule)
        case .signature: self = .signature
        case .integrity: self = .integrity
        case .shadow: self = .shadow(try ShadowRule(&fields))
        case .replay: self = .replay(try ReplayRule(&fields))
        case .external: self = .external(try ExternalRule(&fields))
        }
    }
}
