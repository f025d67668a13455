/// How often a version came into memory and left it, since somebody has it deployed. Counts only ever grow.
package struct LoadCounts: Sendable, Hashable {
    /// Whose they are: a version that comes to another place in memory, with other options, begins at 0 there.
    package var place: UInt64 = 0
    /// Loads that succeeded.
    package var loaded: UInt64 = 0
    /// Loads that failed.
    package var failed: UInt64 = 0
    /// Times that it was let go of.
    package var departed: UInt64 = 0
    /// What all loads took, waiting for their turn and for memory included.
    package var nanoseconds: UInt64 = 0

    package init() {}
}
