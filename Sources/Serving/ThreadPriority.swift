#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// How threads share the processor with others.
package enum ThreadPriority: Sendable {
    case normal
    /// Little beside others. A thread without privileges cannot come back from there.
    case background
    /// Only what nobody else wants at that very moment: a processor with nothing but such threads counts as free, so that
    /// others are not put behind each other on those that are left. Where none is free, next to nothing.
    case idle

    /// Whether the calling thread has a lower one than `normal`, which the threads that it starts would inherit.
    static var isLowered: Bool {
        #if os(Linux)
            return getpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0) == lowest
        #else
            return false
        #endif
    }

    private static let lowest: CInt = 19

    /// Gives the calling thread this priority, and all threads that it starts from here on.
    func apply() {
        guard self != .normal else { return }
        #if os(Linux)
            // In Linux both calls mean the calling thread when they are given 0. One that is refused changes nothing that
            // the answers depend on.
            setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, Self.lowest)
            let (batch, idle): (CInt, CInt) = (3, 5)
            var parameters = sched_param()
            sched_setscheduler(0, self == .idle ? idle : batch, &parameters)
        #endif
    }
}
