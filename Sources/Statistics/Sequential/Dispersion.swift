/// How much more the candidate's share varies from window to window than chance alone would make it: 1 where requests are
/// independent of each other, more where those of one variant are alike for longer than a window.
///
/// What is observed less what is expected, squared, is held against the variance of the hypergeometric distribution, for
/// single windows and for four together, since what lasts longer shows there only. A steady difference between the two
/// variants is taken out first: it is not dispersion but what the test looks for. McCullagh and Nelder, "Generalized
/// Linear Models" (1989), 4.5, call the division of a log-likelihood by it quasi-likelihood.
struct Dispersion: Sendable, Hashable, Codable {
    /// Sums over spans of 1 and of 4 windows.
    private var spans = [Span(windows: 1), Span(windows: 4)]

    private struct Span: Sendable, Hashable, Codable {
        let windows: Int
        var filled = 0
        /// Of the span that is being filled.
        var excess = 0.0
        var variance = 0.0
        /// Over the spans before.
        var count = 0.0
        var variances = 0.0
        var excesses = 0.0
        var squares = 0.0

        mutating func observe(_ excess: Double, _ variance: Double) {
            filled += 1
            self.excess += excess
            self.variance += variance
            guard filled == windows else { return }
            count += 1
            variances += self.variance
            excesses += self.excess
            squares += self.excess * self.excess / self.variance
            (filled, self.excess, self.variance) = (0, 0, 0)
        }

        /// Pearson's statistic around the common excess by its degrees of freedom, held towards 1 as if some spans
        /// without dispersion had been seen before.
        var factor: Double {
            guard count > 1, variances > 0 else { return 1 }
            let rest = max(0, squares - excesses * excesses / variances)
            return (Self.prior + rest) / (Self.prior + count - 1)
        }

        private static let prior = 4.0
    }

    mutating func observe(_ own: Double, marked: Double, drawn: Double, of all: Double) {
        guard all > 1, marked > 0, marked < all, drawn > 0, drawn < all else { return }
        let share = drawn / all
        let variance = marked * share * (1 - share) * (all - marked) / (all - 1)
        for index in spans.indices { spans[index].observe(own - marked * share, variance) }
    }

    var factor: Double { spans.reduce(1) { max($0, $1.factor) } }
}
