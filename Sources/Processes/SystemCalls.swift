#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Functions that every Linux C library has, but that are not in what Swift imports of it, looked up by name.
package enum SystemCalls {
    private static func function<Function>(_ name: String, as type: Function.Type) -> Function? {
        dlsym(nil, name).map { unsafeBitCast($0, to: type) }
    }

    /// A pipe that no other child inherits, even one that is started at this very moment; `nil`, with `errno`, on failure.
    static func pipe() -> (read: CInt, write: CInt)? {
        typealias Pipe = @convention(c) (UnsafeMutablePointer<CInt>, CInt) -> CInt
        guard let pipe2 = function("pipe2", as: Pipe.self) else {
            errno = ENOSYS
            return nil
        }
        var ends: [CInt] = [-1, -1]
        guard pipe2(&ends, O_CLOEXEC) == 0 else { return nil }
        return (ends[0], ends[1])
    }

    /// Adds to what a new process does before it starts: closing all descriptors from `first` on.
    static func addCloseFrom(_ first: CInt, to actions: inout posix_spawn_file_actions_t) {
        typealias AddCloseFrom = @convention(c) (UnsafeMutablePointer<posix_spawn_file_actions_t>, CInt) -> CInt
        _ = function("posix_spawn_file_actions_addclosefrom_np", as: AddCloseFrom.self)?(&actions, first)
    }

    /// Whoever loses their parent below this process becomes its child: nothing that was started gets out of sight. And
    /// nothing of it can have more rights than this process has.
    static func adoptOrphans() {
        // Variadic in C, which for whole numbers makes no difference to a caller on Linux's platforms.
        typealias Control = @convention(c) (CInt, UInt, UInt, UInt, UInt) -> CInt
        let control = function("prctl", as: Control.self)
        let (setChildSubreaper, setNoNewPrivileges): (CInt, CInt) = (36, 38)
        _ = control?(setChildSubreaper, 1, 0, 0, 0)
        _ = control?(setNoNewPrivileges, 1, 0, 0, 0)
    }

    /// Of a process group, and of whatever it starts from now on.
    static func lowerPriority(ofGroup group: pid_t) {
        typealias SetPriority = @convention(c) (CInt, UInt32, CInt) -> CInt
        let ofGroups: CInt = 1
        _ = function("setpriority", as: SetPriority.self)?(ofGroups, UInt32(bitPattern: group), 10)
    }

    static func limit(_ resource: __rlimit_resource, _ value: Int) {
        var current = rlimit()
        let resource = __rlimit_resource_t(resource.rawValue)
        guard getrlimit(resource, &current) == 0 else { return }
        // Never above what this process may do already.
        let wanted = min(rlim_t(clamping: value), current.rlim_max)
        var new = rlimit(rlim_cur: wanted, rlim_max: wanted)
        setrlimit(resource, &new)
    }

    /// Nanoseconds of a clock that never jumps.
    package static var monotonic: UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec)
    }
}
