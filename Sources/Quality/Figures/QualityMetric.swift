import InferenceProtocol
package import Journal

/// A metric of live predictions, under the name that holdout gates have for it: `accuracy`, `f1_macro`, `rmse`.
package struct QualityMetric: Sendable, Hashable, CustomStringConvertible {
    package enum Base: String, Sendable, Hashable, CaseIterable {
        case accuracy
        case balancedAccuracy = "balanced_accuracy"
        case precision, recall, f1
        case rocAUC = "roc_auc"
        case prAUC = "pr_auc"
        case logLoss = "log_loss"
        case brier
        case mae, rmse, r2, mape

        /// Of predicted numbers; the others are of predicted classes.
        package var isRegression: Bool { [.mae, .rmse, .r2, .mape].contains(self) }

        /// Whether more is better; of the others less is.
        package var higherIsBetter: Bool { ![.logLoss, .brier, .mae, .rmse, .mape].contains(self) }

        /// Whether it is of one class against all others, unless averaged.
        var takesClass: Bool { [.precision, .recall, .f1, .rocAUC, .prAUC].contains(self) }

        /// Whether it needs a score or probability for each class.
        var needsScores: Bool { [.rocAUC, .prAUC, .logLoss, .brier].contains(self) }
    }

    package enum Averaging: String, Sendable, Hashable, CaseIterable {
        /// Of the positive class.
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

    static let all: [QualityMetric] = Base.allCases.flatMap { base in
        [QualityMetric(base)]
            + (base.takesClass ? [QualityMetric(base, .macro), QualityMetric(base, .weighted)] : [])
    }

    /// Short and other names by which people know the same.
    private static let aliases = [
        "auc": QualityMetric(.rocAUC), "average_precision": QualityMetric(.prAUC),
        "brier_score": QualityMetric(.brier), "roc_auc_ovr": QualityMetric(.rocAUC, .macro),
        "roc_auc_ovr_weighted": QualityMetric(.rocAUC, .weighted),
    ]

    /// `nil` where there is none of that name.
    package init?(named text: String) {
        guard let known = Self.aliases[text] ?? Self.all.first(where: { $0.description == text }) else { return nil }
        self = known
    }

    /// Throws `invalid`, with what was probably meant.
    package init(parsing text: String, field: String) throws(ControlError) {
        if let known = QualityMetric(named: text) {
            self = known
            return
        }
        let names = Self.all.map(\.description)
        let near = NameSuggestion.nearest(to: text, among: names + Self.aliases.keys.sorted())
        throw ControlError(
            .invalid, "there is no metric '\(Name.excerpt(of: text))'", field: field,
            hint: near.map { "did you mean '\($0)'?" } ?? "there are \(names.joined(separator: ", "))")
    }
}
