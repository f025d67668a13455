#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

enum Threads {
    /// Lets other threads run.
    static func yield() { sched_yield() }
}
