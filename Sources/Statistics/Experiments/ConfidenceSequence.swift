#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Intervals that hold the truth at all times at once: one may look after every outcome and stop when one likes.
///
/// The asymptotic confidence sequence of Waudby-Smith, Arbour, Sinha, Kennedy, Ramdas, "Time-uniform central limit theory
/// and asymptotic confidence sequences" (2024), which is the normal mixture of Robbins (Howard, Ramdas, McAuliffe, Sekhon,
/// "Time-uniform, nonparametric, nonasymptotic confidence sequences", 2021) around a mean with an estimated variance.
package struct ConfidenceSequence: Sendable, Hashable {
    /// The chance that it ever misses the truth.
    package var alpha: Double
    /// The number of outcomes at which it is narrowest, compared with an interval for that number alone. At others it is
    /// valid all the same.
    package var tunedFor: Double

    package static let standardTuning = 2000.0

    package init(alpha: Double, tunedFor: Double = standardTuning) {
        self.alpha = min(0.5, max(1e-9, alpha))
        self.tunedFor = max(10, tunedFor)
    }

    /// Half of the interval's width, in standard errors, after `count` outcomes.
    package func standardErrors(after count: Double) -> Double {
        guard count > 0 else { return .infinity }
        let spread = count * mixing
        return (2 * (spread + 1) / spread * (log((spread + 1).squareRoot() / alpha))).squareRoot()
    }

    /// The mixture's variance: the paper's rho squared, equation (79), for the wanted number of outcomes.
    private var mixing: Double {
        let doubt = -2 * log(alpha)
        return (doubt + log(doubt + 1)) / tunedFor
    }

    /// Evidence against an effect of 0 as a p-value that may be looked at at any time: the smallest alpha at which the
    /// interval leaves it out.
    package func pValue(effect: Double, standardError: Double, after count: Double) -> Double {
        guard count > 0, standardError > 0, effect.isFinite else { return effect == 0 || !effect.isFinite ? 1 : 0 }
        let spread = count * mixing
        let score = effect / standardError
        return min(1, (spread + 1).squareRoot() * exp(-score * score / 2 * spread / (spread + 1)))
    }
}

/// What one arm has more than another.
package struct Effect: Sendable, Hashable, Codable {
    /// The difference of the means.
    package var difference: Double
    package var interval: ClosedRange<Double>
    /// The difference as a share of the other mean, and its interval by the delta method on the ratio of the means; `nil`
    /// where the means are not both above 0.
    package var lift: Double?
    package var liftInterval: ClosedRange<Double>?
    /// The difference in standard deviations (of both arms together): Cohen's d. `nil` where nothing varies.
    package var standardized: Double?
    package var pValue: Double

    /// Values of each arm below which there is no interval: before, the normal distribution is no good likeness.
    package static let fewest = 30

    /// `nil` where there are too few values, or none that vary.
    package init?(of treated: Sample, over control: Sample, _ sequence: ConfidenceSequence) {
        guard min(treated.count, control.count) >= Self.fewest, let own = treated.mean, let other = control.mean,
            let ownVariance = treated.meanVariance, let otherVariance = control.meanVariance,
            ownVariance + otherVariance > 0, (ownVariance + otherVariance).isFinite
        else { return nil }
        let count = Double(treated.count) + Double(control.count)
        let error = (ownVariance + otherVariance).squareRoot()
        let width = sequence.standardErrors(after: count)
        difference = own - other
        interval = (difference - width * error)...(difference + width * error)
        pValue = sequence.pValue(effect: difference, standardError: error, after: count)
        let pooled =
            (ownVariance * Double(treated.count) * Double(treated.count - 1)
                + otherVariance * Double(control.count) * Double(control.count - 1)) / (count - 2)
        standardized = pooled > 0 ? difference / pooled.squareRoot() : nil
        if own > 0, other > 0 {
            let ratioError = (ownVariance / (own * own) + otherVariance / (other * other)).squareRoot()
            let ratio = log(own / other)
            lift = own / other - 1
            liftInterval = (exp(ratio - width * ratioError) - 1)...(exp(ratio + width * ratioError) - 1)
        }
    }
}
