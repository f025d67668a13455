#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Where a thread waits for a moment of `MonotonicClock`, unless another lets it go before.
final class Hold: @unchecked Sendable {
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let wake: UnsafeMutablePointer<pthread_cond_t>
    /// Only under `mutex`.
    private var isReleased = false

    init() {
        mutex = .allocate(capacity: 1)
        wake = .allocate(capacity: 1)
        pthread_mutex_init(mutex, nil)
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(wake, &attributes)
        pthread_condattr_destroy(&attributes)
    }

    deinit {
        pthread_cond_destroy(wake)
        pthread_mutex_destroy(mutex)
        wake.deallocate()
        mutex.deallocate()
    }

    /// Blocks until `moment` or a release, which may have come before.
    func wait(until moment: UInt64) {
        var until = timespec(tv_sec: Int(clamping: moment / 1_000_000_000), tv_nsec: Int(moment % 1_000_000_000))
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while !isReleased {
            guard pthread_cond_timedwait(wake, mutex, &until) == 0 else { break }
        }
        isReleased = false
    }

    func release() {
        pthread_mutex_lock(mutex)
        isReleased = true
        pthread_cond_signal(wake)
        pthread_mutex_unlock(mutex)
    }
}
