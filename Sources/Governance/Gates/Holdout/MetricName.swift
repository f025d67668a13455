import InferenceProtocol
package import Journal

/// A metric as rules name it: `accuracy`, `f1_macro`, `rmse`. The names are those of scikit-learn's scorers where there
/// are such.
package struct MetricName: Sendable, Hashable, CustomStringConvertible {
    package enum Base: String, Sendable, Hashable, CaseIterable {
        case accuracy
        case balancedAccuracy = "balanced_accuracy"
        case precision, recall, f1
        case rocAUC = "roc_auc"
        case prAUC = "pr_auc"
        case logLoss = "log_loss"
        case brier
        case mae, rmse, r2, mape
    }

    /// Which classes it is about, for those metrics that ask.
    package enum Averaging: String, Sendable, Hashable {
        /// The positive class, or the one that the rule names beside it.
        case plain = ""
        case macro = "_macro"
        case weighted = "_weighted"
    }

    package var base: Base
    package var averaging: Averaging

    package init(_ base: Base, _ averaging: Averaging = .plain) {
        self.base = base
        self.averaging = averaging
    }

    package var description: String { base.rawValue + averaging.rawValue }

    /// Other names that scikit-learn has for the same.
    private static let aliases = [
        "average_precision": MetricName(.prAUC), "brier_score": MetricName(.brier),
        "roc_auc_ovr": MetricName(.rocAUC, .macro), "roc_auc_ovr_weighted": MetricName(.rocAUC, .weighted),
    ]

    static let all: [MetricName] = Base.allCases.flatMap { base in
        [MetricName(base)] + (base.takesClass ? [MetricName(base, .macro), MetricName(base, .weighted)] : [])
    }

    /// Throws `invalid`, with what was probably meant.
    package init(parsing text: String, field: String = "metric") throws(ControlError) {
        if let alias = Self.aliases[text] {
            self = alias
        } else if let known = Self.all.first(where: { $0.description == text }) {
            self = known
        } else {
            let names = Self.all.map(\.description)
            let near = NameSuggestion.nearest(to: text, among: names + Self.aliases.keys.sorted())
            throw ControlError(
                .invalid, "there is no metric '\(Name.excerpt(of: text))'", field: field,
                hint: near.map { "did you mean '\($0)'?" } ?? "there are \(names.joined(separator: ", "))")
        }
    }
}

extension MetricName.Base {
    /// Of predicted numbers; the others are of predicted classes.
    var isRegression: Bool { [.mae, .rmse, .r2, .mape].contains(self) }

    /// Whether more is better; of the others less is.
    var higherIsBetter: Bool { ![.logLoss, .brier, .mae, .rmse, .mape].contains(self) }

    /// Whether it can be asked of one class.
    var takesClass: Bool { [.precision, .recall, .f1, .rocAUC, .prAUC].contains(self) }

    /// Whether it needs a score or probability for each class.
    var needsScores: Bool { [.rocAUC, .prAUC, .logLoss, .brier].contains(self) }

    /// What it can come to at all.
    var range: ClosedRange<Double> {
        switch self {
        case .accuracy, .balancedAccuracy, .precision, .recall, .f1, .rocAUC, .prAUC: 0...1
        case .brier: 0...2
        case .r2: -Double.greatestFiniteMagnitude...1
        case .logLoss, .mae, .rmse, .mape: 0...Double.greatestFiniteMagnitude
        }
    }
}

extension MetricName: Codable {
    package init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        try self.init(parsing: text, field: FieldPath.text(decoder.codingPath))
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
