#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The time of day by the kernel's coarse clock (a few milliseconds old, a few nanoseconds to read).
enum WallMilliseconds {
    /// Milliseconds since the epoch.
    static func now() -> UInt64 {
        var time = timespec()
        #if os(Linux)
            clock_gettime(CLOCK_REALTIME_COARSE, &time)
        #else
            clock_gettime(CLOCK_REALTIME, &time)
        #endif
        return UInt64(bitPattern: Int64(time.tv_sec)) &* 1000 &+ UInt64(bitPattern: Int64(time.tv_nsec / 1_000_000))
    }
}
