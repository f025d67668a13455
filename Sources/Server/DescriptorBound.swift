import Glibc

/// How many files and sockets this process may have open.
enum DescriptorBound {
    /// Kept back from connections, for models, uploads and the database.
    private static let kept = 256

    /// Takes all that the system allows: its usual first offer of 1,024 is less than a server's connections.
    static func raise() {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }

    /// Connections that may be open at once, at least a few.
    static func forConnections() -> Int {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return kept }
        return max(64, Int(clamping: limit.rlim_cur) - kept)
    }
}
