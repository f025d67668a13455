import Runtimes

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Threads for work that may block: started when there is more work than idle threads, gone after seconds without work.
///
/// There is no upper bound here on purpose: a model that never comes back keeps its thread, and must not keep anybody
/// else's. Whoever submits bounds its own share (see `ComputeQueue`).
package final class ThreadPool: @unchecked Sendable {
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let wake: UnsafeMutablePointer<pthread_cond_t>
    // All below only under `mutex`.
    private var work: [(number: UInt64, body: @Sendable () -> Void)] = []
    private var next = 0
    /// Of what was brought last.
    private var number: UInt64 = 0
    private var idle = 0
    private var threads = 0
    private let idleSeconds: Int
    private let stackBytes: Int
    private let priority: ThreadPriority

    /// - Parameters:
    ///   - idleSeconds: how long a thread waits for more work before it ends.
    ///   - stackBytes: deep graphs recurse inside the runtime, so more than the default of small systems.
    package init(idleSeconds: Int = 10, stackBytes: Int = 8 << 20, priority: ThreadPriority = .normal) {
        self.priority = priority
        // Here, where nobody has lowered a priority yet.
        _ = ThreadMaker.ofThisProcess
        self.idleSeconds = idleSeconds
        self.stackBytes = stackBytes
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
        // Threads hold a reference while they live, so none is left here.
        pthread_cond_destroy(wake)
        pthread_mutex_destroy(mutex)
        wake.deallocate()
        mutex.deallocate()
    }

    /// Runs `body` on a thread of the pool, soon. False, and `body` never runs, when there is no thread and the system
    /// gives none.
    @discardableResult
    package func run(_ body: @escaping @Sendable () -> Void) -> Bool {
        pthread_mutex_lock(mutex)
        number &+= 1
        let own = number
        work.append((own, body))
        let isAwaited = idle >= work.count - next
        if isAwaited { pthread_cond_signal(wake) }
        pthread_mutex_unlock(mutex)
        // Not under the mutex: a caller of low priority would have everybody wait for its turn on a processor.
        return isAwaited || startThread() || isTaken(own)
    }

    /// Where the system gave no thread: whether one that is there will come to it, or has. Else it is withdrawn.
    private func isTaken(_ own: UInt64) -> Bool {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        guard threads == 0, let index = work[next...].firstIndex(where: { $0.number == own }) else { return true }
        work.remove(at: index)
        return false
    }

    private func startThread() -> Bool {
        // Whoever brings work with a lower priority would pass it on. An event loop does not wait for another thread.
        let isStarted =
            ThreadPriority.isLowered ? ThreadMaker.ofThisProcess.start { self.createThread() } : createThread()
        guard isStarted else { return false }
        pthread_mutex_lock(mutex)
        threads += 1
        pthread_mutex_unlock(mutex)
        return true
    }

    private func createThread() -> Bool { BlockingThread.start(stackBytes: stackBytes) { self.loop() } }

    private func loop() {
        priority.apply()
        while let body = takeWork() { body() }
    }

    private func takeWork() -> (@Sendable () -> Void)? {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        var until = timespec()
        clock_gettime(CLOCK_MONOTONIC, &until)
        until.tv_sec += idleSeconds
        while next == work.count {
            idle += 1
            let code = pthread_cond_timedwait(wake, mutex, &until)
            idle -= 1
            if code == ETIMEDOUT, next == work.count {
                threads -= 1
                return nil
            }
        }
        let body = work[next].body
        next += 1
        if next == work.count {
            work.removeAll(keepingCapacity: true)
            next = 0
        }
        return body
    }
}
