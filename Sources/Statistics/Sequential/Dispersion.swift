/// How much more the candidate's share varies from window to window than chance alone would make it: 1 where requests are
/// independent of each other, more where those of one variant are alike for longer than a window.
///
/// The squares of what is observed less what is fitted are held against the variance that chance would give them, for
/// single windows and for four together, since what lasts longer shows there only. What is fitted is a steady ratio to
/// what is expected: a steady difference is not dispersion but what the test looks for. It is steady as long as the same
/// is looked at, of as large a share of the requests; then another ratio is fitted. McCullagh and Nelder, "Generalized
/// Linear Models" (1989), call the division of a log-likelihood by such a factor quasi-likelihood.
struct Dispersion: Sendable, Hashable, Codable {
    private var spans = [Span(windows: 1), Span(windows: 4)]

    /// Of `marked` among `all`, `own` are with the candidate, which has `drawn` of all.
    mutating func observe(_ own: Double, marked: Double, drawn: Double, of all: Double) {
        guard all > 1, marked > 0, marked < all, drawn > 0, drawn < all else { return }
        let draws = min(drawn, marked)
        let window = Window(
            own: own, expected: marked * drawn / all, draws: draws, correction: (all - draws) / (all - 1))
        for index in spans.indices { spans[index].observe(window) }
    }

    /// From here on the ratio may be another one.
    mutating func beginAnew() {
        for index in spans.indices { spans[index].beginAnew() }
    }

    var factor: Double { spans.reduce(1) { max($0, $1.factor) } }

    private struct Window {
        let own: Double
        let expected: Double
        let draws: Double
        /// For drawing without replacement.
        let correction: Double
    }

    /// Sums over spans of some windows each.
    private struct Span: Sendable, Hashable, Codable {
        /// As if so many spans without dispersion had been seen before.
        private static let prior = 8.0

        let windows: Int
        // The span that is being filled.
        private var filled = 0
        private var own = 0.0
        private var expected = 0.0
        // All spans before it that have the same ratio.
        private var count = 0.0
        private var ownSum = 0.0
        private var expectedSum = 0.0
        private var ownSquares = 0.0
        private var products = 0.0
        private var expectedSquares = 0.0
        // The variance at a ratio r is r times the first less r squared times the second.
        private var linear = 0.0
        private var quadratic = 0.0
        /// What spans with other ratios came to; absent in what earlier versions stored.
        private var settled: Settled?

        private struct Settled: Sendable, Hashable, Codable {
            var squares = 0.0
            var freedom = 0.0
        }

        init(windows: Int) {
            self.windows = windows
        }

        mutating func observe(_ window: Window) {
            filled += 1
            own += window.own
            expected += window.expected
            linear += window.expected * window.correction
            quadratic += window.expected * window.expected / window.draws * window.correction
            guard filled == windows else { return }
            count += 1
            ownSum += own
            expectedSum += expected
            ownSquares += own * own
            products += own * expected
            expectedSquares += expected * expected
            (filled, own, expected) = (0, 0, 0)
        }

        mutating func beginAnew() {
            if let current {
                let before = settled ?? Settled()
                settled = Settled(
                    squares: before.squares + current.squares, freedom: before.freedom + current.freedom)
            }
            var next = Span(windows: windows)
            next.settled = settled
            self = next
        }

        /// The squares in units of their variance, and how many of them are free; `nil` before there are two.
        private var current: Settled? {
            guard count > 1, expectedSum > 0 else { return nil }
            let ratio = max(0.5, ownSum / expectedSum)
            let squares = ownSquares - 2 * ratio * products + ratio * ratio * expectedSquares
            // Where the ratio leaves no room for chance, the candidate is above the bound always.
            let variance = max(0.05 * ratio * linear, ratio * linear - ratio * ratio * quadratic)
            guard variance > 0 else { return nil }
            return Settled(squares: count * max(0, squares) / variance, freedom: count - 1)
        }

        var factor: Double {
            let squares = (settled?.squares ?? 0) + (current?.squares ?? 0)
            let freedom = (settled?.freedom ?? 0) + (current?.freedom ?? 0)
            return (Self.prior + squares) / (Self.prior + freedom)
        }
    }
}
