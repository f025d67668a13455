#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Evidence against a null hypothesis that may be looked at after every window and acted upon at any of these looks: an
/// e-process. As long as the null hypothesis is true, the chance that it *ever* reaches 1/alpha is at most alpha (Ville's
/// inequality; Ramdas, Grünwald, Vovk, Shafer, "Game-Theoretic Statistics and Safe Anytime-Valid Inference", 2023).
///
/// Several bets are placed side by side, each on another alternative, and each anew in every window: a fault that begins
/// late is found by the wealth that was put aside for its start, however much the windows before spoke for the candidate.
/// Half of the wealth is on the first window; of the other half, window k gets 1/(k(k+1)). A mixture of e-processes with
/// weights that sum to 1 is one itself.
package struct Evidence: Sendable, Hashable, Codable {
    /// Natural logarithms of what each bet has come to.
    private var wealth: [Double]
    package private(set) var windows: Int

    package init(bets: Int) {
        wealth = Array(repeating: Self.ruin, count: max(1, bets))
        windows = 0
    }

    /// Near enough to nothing, and a number that JSON can carry.
    private static let ruin = -700.0

    /// Takes the outcome of one window: of each bet, the logarithm of the factor that it pays. Its expectation under the
    /// null hypothesis must be at most 1.
    package mutating func observe(_ logFactors: [Double]) {
        guard logFactors.count == wealth.count else { return }
        windows += 1
        let start = log(share(startingAt: windows) / Double(wealth.count))
        for (bet, factor) in logFactors.enumerated() where !factor.isNaN {
            wealth[bet] = min(-Self.ruin, max(Self.ruin, Self.sum(wealth[bet], start) + factor))
        }
    }

    /// The natural logarithm of the e-value: 0 says nothing, 4.6 is a hundred to one against the null hypothesis.
    package var logarithm: Double {
        let unspent = windows == 0 ? 0 : log(0.5 / Double(windows + 1))
        return wealth.reduce(unspent, Self.sum)
    }

    private func share(startingAt window: Int) -> Double {
        let later = 0.5 / (Double(window) * Double(window + 1))
        return window == 1 ? 0.5 + later : later
    }

    /// The logarithm of the sum of two numbers whose logarithms are given.
    private static func sum(_ one: Double, _ other: Double) -> Double {
        let larger = max(one, other)
        return larger + log1p(exp(min(one, other) - larger))
    }
}
