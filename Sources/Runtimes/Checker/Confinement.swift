import Glibc

/// What a checker or a worker gives up before it touches a model. Each step only takes away; one that the system refuses is left
/// out, since the others still hold.
enum Confinement {
    static func enter(memoryBytes: Int, cpuSeconds: Int) {
        // Serving comes first: for the processor, and when memory runs out.
        _ = nice(10)
        preferForOutOfMemory()
        limit(RLIMIT_AS, memoryBytes)
        limit(RLIMIT_DATA, memoryBytes)
        limit(RLIMIT_CPU, cpuSeconds)
        // Whoever tries to write a file gets an error, and not a signal that would look like a crash.
        signal(SIGXFSZ, SIG_IGN)
        limit(RLIMIT_FSIZE, 0)
        limit(RLIMIT_NOFILE, 64)
        limit(RLIMIT_CORE, 0)
        SystemFunctions.forbidNewPrivileges()
        SystemFunctions.leaveNetwork()
    }

    /// What a worker gives up before it loads its model. It serves, so it has its full share of the processor.
    ///
    /// - Parameter slots: threads that will wait for calls; their stacks are not the model's memory.
    static func enterWorker(memoryBytes: Int, slots: Int) {
        preferForOutOfMemory()
        // Private memory: what it shares with the server is counted there.
        let (stacks, _) = slots.multipliedReportingOverflow(by: BlockingThread.stackBytes)
        let (bytes, overflow) = memoryBytes.addingReportingOverflow(stacks)
        limit(RLIMIT_DATA, overflow ? .max : bytes)
        signal(SIGXFSZ, SIG_IGN)
        limit(RLIMIT_FSIZE, 0)
        limit(RLIMIT_NOFILE, 64)
        limit(RLIMIT_CORE, 0)
        SystemFunctions.forbidNewPrivileges()
        SystemFunctions.leaveNetwork()
    }

    private static func limit(_ resource: __rlimit_resource, _ value: Int) {
        var current = rlimit()
        let resource = __rlimit_resource_t(resource.rawValue)
        guard getrlimit(resource, &current) == 0 else { return }
        // Never above what this process may do already.
        let wanted = min(rlim_t(clamping: value), current.rlim_max)
        var new = rlimit(rlim_cur: wanted, rlim_max: wanted)
        setrlimit(resource, &new)
    }

    private static func preferForOutOfMemory() {
        let file = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC)
        guard file >= 0 else { return }
        _ = write(file, "1000", 4)
        close(file)
    }
}
