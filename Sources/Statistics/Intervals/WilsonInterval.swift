/// The interval of a share by Wilson's score (Wilson, "Probable Inference, the Law of Succession, and Statistical
/// Inference", 1927): right for few rows and for shares near 0 and 1, where the usual one is not.
package enum WilsonInterval {
    /// - Parameters:
    ///   - hits: of `total` trials, from 0 to `total`.
    ///   - confidence: between 0 and 1.
    /// - Returns: `nil` without trials, or where the question makes no sense.
    package static func of(hits: Double, total: Double, confidence: Double = 0.95) -> (low: Double, high: Double)? {
        guard total > 0, (0...total).contains(hits), (0.01..<0.9999).contains(confidence) else { return nil }
        let score = Normal.quantile(1 - (1 - confidence) / 2)
        let share = hits / total
        let squared = score * score / total
        let middle = (share + squared / 2) / (1 + squared)
        let half = score / (1 + squared) * (share * (1 - share) / total + squared / (4 * total)).squareRoot()
        return (hits == 0 ? 0 : max(0, middle - half), hits == total ? 1 : min(1, middle + half))
    }
}
