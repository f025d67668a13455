import Glibc

/// A child of the same binary, started with some descriptors and nothing else of ours.
struct ChildProcess {
    let pid: pid_t
    /// Our end of the pipe whose other end the child watches: when we are gone, it reads end-of-file.
    let lifeline: CInt

    /// The descriptor at which a child finds its lifeline; listening sockets follow it.
    static let lifelineDescriptor: CInt = 3

    enum Failure: Error { case system(String, CInt) }

    /// Swift's own report of a crash takes seconds, in which nobody answers. Who wants it says so in this variable.
    private static func quietBacktrace() {
        setenv("SWIFT_BACKTRACE", "enable=no", 0)
    }

    /// Starts this binary with `arguments`. `sockets` become descriptors 4, 5, ... of the child; our others are
    /// closed there.
    static func start(arguments: [String], sockets: [CInt]) throws(Failure) -> ChildProcess {
        quietBacktrace()
        var ends: [CInt] = [-1, -1]
        guard pipe(&ends) == 0 else { throw .system("make a pipe", errno) }
        let (theirs, ours) = (ends[0], ends[1])
        // This process has one thread, so nobody starts another child in between.
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        defer { close(theirs) }

        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        // Through high numbers first: a source may have the very number that another one is to get.
        let high: CInt = 200
        let sources = [theirs] + sockets
        for (index, descriptor) in sources.enumerated() {
            posix_spawn_file_actions_adddup2(&actions, descriptor, high + CInt(index))
        }
        for index in sources.indices {
            posix_spawn_file_actions_adddup2(&actions, high + CInt(index), lifelineDescriptor + CInt(index))
        }
        for index in sources.indices { posix_spawn_file_actions_addclose(&actions, high + CInt(index)) }

        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // What comes before the child listens waits there, instead of ending it.
        var blocked = ProcessSignals.all
        posix_spawnattr_setsigmask(&attributes, &blocked)
        // A group of its own: a terminal's interrupt reaches the supervisor alone, which passes it on once.
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP))

        var words: [UnsafeMutablePointer<CChar>?] = (["slipway"] + arguments).map { strdup($0) }
        words.append(nil)
        defer { for word in words { free(word) } }
        var pid: pid_t = 0
        let code = posix_spawn(&pid, "/proc/self/exe", &actions, &attributes, words, environ)
        guard code == 0 else {
            close(ours)
            throw .system("start the server process", code)
        }
        return ChildProcess(pid: pid, lifeline: ours)
    }
}
