#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Puts the calling thread to sleep; for threads that may.
package enum ThreadPause {
    package static func wait(nanoseconds: Int) {
        var pause = timespec(tv_sec: nanoseconds / 1_000_000_000, tv_nsec: nanoseconds % 1_000_000_000)
        nanosleep(&pause, nil)
    }
}
