/// How a scoring request of MLflow's server, or of a SageMaker container, is written.
package enum InvocationsForm: Sendable, Hashable {
    case json
    /// - Parameter header: whether the first line names the columns; `nil` to tell by what stands there.
    case csv(header: Bool?)
}

/// How its answer is written.
package enum InvocationsAnswer: Sendable, Hashable {
    case json, csv

    package static let csvType = "text/csv; charset=utf-8"
}

/// The fields of a request in JSON, of which it has exactly one. Names and meaning are those of MLflow 2 and later.
enum InvocationsField: String, CaseIterable {
    case split = "dataframe_split"
    case records = "dataframe_records"
    case instances, inputs

    init?(_ key: JSONText) {
        guard let found = Self.allCases.first(where: { key.equals($0.rawValue) }) else { return nil }
        self = found
    }

    static let listed = allCases.map { "'\($0.rawValue)'" }.joined(separator: ", ")
}
