import Documents
import Journal
package import Serving

/// How a candidate must answer what was asked before.
package struct ReplayRule: Sendable, Hashable, Codable {
    /// Whose ledger it is.
    package enum Origin: String, Sendable, Hashable, Codable, CaseIterable {
        case target, source
    }

    package static let standardDisagreement = 0.01
    package static let standardPredictions = 2000
    package static let standardMinimum = 1000
    package static let standardSeconds = 300

    package var origin: Origin
    /// `nil` for the only one that has predictions of the model.
    package var endpoint: String?
    /// How many predictions are looked at, the newest.
    package var lastPredictions: Int
    /// Predictions at least that were made again.
    package var minimumPredictions: Int
    /// The largest share of them that may be answered otherwise, or not at all.
    package var maxDisagreement: Double
    /// The largest share of rows that may be of another class; `nil`: not asked.
    package var maxClassChanges: Double?
    package var relative: Double
    package var absolute: Double
    package var timeoutSeconds: Int

    package init(
        origin: Origin = .target, endpoint: String? = nil, lastPredictions: Int = standardPredictions,
        minimumPredictions: Int = standardMinimum, maxDisagreement: Double = standardDisagreement,
        maxClassChanges: Double? = nil, tolerance: ShadowPlan.Tolerance = .standard,
        timeoutSeconds: Int = standardSeconds
    ) {
        self.origin = origin
        self.endpoint = endpoint
        self.lastPredictions = lastPredictions
        self.minimumPredictions = minimumPredictions
        self.maxDisagreement = maxDisagreement
        self.maxClassChanges = maxClassChanges
        relative = tolerance.relative
        absolute = tolerance.absolute
        self.timeoutSeconds = timeoutSeconds
    }

    init(_ fields: inout DocumentFields) throws(ControlError) {
        let last = try fields.whole("lastPredictions", in: 1...1_000_000)
        let minimum = try fields.whole("minimumPredictions", in: 1...1_000_000)
        self.init(
            origin: try fields.word("from", among: Origin.allCases.map(\.rawValue)).flatMap(Origin.init) ?? .target,
            endpoint: try fields.text("endpoint"),
            lastPredictions: last ?? max(Self.standardPredictions, minimum ?? 0),
            minimumPredictions: minimum ?? min(Self.standardMinimum, last ?? Self.standardMinimum),
            maxDisagreement: try Self.share("maxDisagreement", &fields) ?? Self.standardDisagreement,
            maxClassChanges: try Self.share("maxClassChanges", &fields),
            tolerance: ShadowPlan.Tolerance(
                relative: try Self.tolerance("relative", &fields) ?? ShadowPlan.Tolerance.standard.relative,
                absolute: try Self.tolerance("absolute", &fields) ?? ShadowPlan.Tolerance.standard.absolute),
            timeoutSeconds: try fields.whole("timeoutSeconds", in: 1...86_400) ?? Self.standardSeconds)
        if let endpoint { try Name.validate(endpoint, field: fields.place("endpoint")) }
        guard minimumPredictions <= lastPredictions else {
            throw fields.refusal(
                "minimumPredictions", "is \(minimumPredictions)",
                hint: "at most 'lastPredictions', which is \(lastPredictions)")
        }
    }

    private static func share(_ name: String, _ fields: inout DocumentFields) throws(ControlError) -> Double? {
        guard let share = try fields.number(name) else { return nil }
        guard (0...1).contains(share) else {
            throw fields.refusal(name, "is \(share)", hint: "a share from 0 to 1")
        }
        return share
    }

    private static func tolerance(_ name: String, _ fields: inout DocumentFields) throws(ControlError) -> Double? {
        guard let value = try fields.number(name) else { return nil }
        guard value >= 0, value.isFinite else { throw fields.refusal(name, "is \(value)", hint: "0 or more") }
        return value
    }
}
