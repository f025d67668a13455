/// When windows close, and what is drift. The figures are those of docs/decisions/drift.md.
package struct DriftRules: Sendable, Hashable {
    /// Rows that make a window full.
    package var fullRows = 2_000
    /// Seconds that even a full window lasts.
    package var shortest = 10.0
    /// Seconds after which a window closes that has `leastRows`.
    package var usual = 3_600.0
    package var leastRows = 200
    /// Seconds after which a window closes that has `fewestRows`; one with fewer stays open.
    package var longest = 86_400.0
    package var fewestRows = 50

    /// The first rows of a version that was pushed without a reference make one.
    package var referenceRows = 1_000

    /// The chance of drift that is none, for each hour of windows and all features of an endpoint together: 0.05 in a
    /// month.
    package var hourlyAlpha = 7e-5
    /// The share of features that are called suspicious without a reason, among all that are.
    package var suspicion = 0.01

    /// Below these no difference is drift, however certain it is.
    ///
    /// Of the population stability index, less what chance makes of it.
    package var leastIndex = 0.1
    /// Of two distribution functions.
    package var leastDistance = 0.1
    /// Of the shares of missing, out-of-range and new values.
    package var leastShare = 0.02

    package init() {}

    /// Whether a window of so many rows is over after so many seconds.
    package func isOver(rows: Int, seconds: Double) -> Bool {
        (rows >= fullRows && seconds >= shortest) || (rows >= leastRows && seconds >= usual)
            || (rows >= fewestRows && seconds >= longest)
    }

    /// The level of a window that lasted so long: what many short ones in an hour share.
    package func alpha(seconds: Double) -> Double { hourlyAlpha * min(1, max(0, seconds) / usual) }
}
