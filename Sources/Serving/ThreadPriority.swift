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
    /// Only what nobody else wants. A thread without privileges cannot come back from there.
    case background

    /// Gives the calling thread this priority, and all threads that it starts from here on.
    func apply() {
        guard self == .background else { return }
        #if os(Linux)
            // In Linux both calls mean the calling thread when they are given 0. One that is refused changes nothing that
            // the answers depend on.
            setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 19)
            let batch: CInt = 3
            var parameters = sched_param()
            sched_setscheduler(0, batch, &parameters)
        #endif
    }
}
