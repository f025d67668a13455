package import Journal
package import Monitoring
package import Registry
package import Serving
import Tensors

/// Which predictions of a ledger are to be made again, by which version, and what counts as the same answer.
package struct ReplayOrder: Sendable {
    package static let standardLimit = 10_000
    package static let largestLimit = 10_000_000
    package static let standardListed = 20
    package static let largestListed = 1000

    package var space: String
    package var endpoint: String
    package var version: ModelVersion
    package var query: LedgerQuery
    /// How many of the newest that the query wants.
    package var limit: Int
    /// For outputs that `tolerances` does not name.
    package var tolerance: ShadowPlan.Tolerance
    /// By output.
    package var tolerances: [String: ShadowPlan.Tolerance]
    /// Predictions at most that are told one by one, those that are furthest apart.
    package var listed: Int
    /// Whether each prediction is told with both answers while it is made again.
    package var tellsRows: Bool
    /// How long it may take; `nil` for as long as somebody waits for it.
    package var seconds: Int?

    package init(
        space: String, endpoint: String, version: ModelVersion, query: LedgerQuery = LedgerQuery(),
        limit: Int = standardLimit, tolerance: ShadowPlan.Tolerance = .standard,
        tolerances: [String: ShadowPlan.Tolerance] = [:], listed: Int = standardListed, tellsRows: Bool = false,
        seconds: Int? = nil
    ) {
        self.space = space
        self.endpoint = endpoint
        self.version = version
        self.query = query
        self.limit = limit
        self.tolerance = tolerance
        self.tolerances = tolerances
        self.listed = listed
        self.tellsRows = tellsRows
        self.seconds = seconds
    }

    /// Throws `invalid`, with the field, for what cannot be meant.
    package func validate() throws(ControlError) {
        guard (1...Self.largestLimit).contains(limit) else {
            throw ControlError(.invalid, "'limit' is \(limit), must be from 1 to \(Self.largestLimit)", field: "limit")
        }
        guard (0...Self.largestListed).contains(listed) else {
            throw ControlError(
                .invalid, "'listed' is \(listed), must be from 0 to \(Self.largestListed)", field: "listed")
        }
        try Self.check(tolerance, at: "tolerance")
        let names = version.description.signature.outputs.map(\.name)
        for (name, tolerance) in tolerances.sorted(by: { $0.key < $1.key }) {
            let field = "tolerances.\(Name.excerpt(of: name))"
            guard names.contains(name) else {
                throw ControlError(
                    .invalid, "\(version.label) has no output '\(Name.excerpt(of: name))'", field: field,
                    hint: "it has \(names.joined(separator: ", "))")
            }
            try Self.check(tolerance, at: field)
        }
    }

    private static func check(_ tolerance: ShadowPlan.Tolerance, at field: String) throws(ControlError) {
        for (name, value) in [("relative", tolerance.relative), ("absolute", tolerance.absolute)] {
            guard value >= 0, value.isFinite else {
                throw ControlError(
                    .invalid, "'\(field).\(name)' is \(value), must be 0 or more", field: "\(field).\(name)")
            }
        }
    }
}
