import Glibc

/// Functions that every Linux C library has, but that are not in what Swift imports of it (they are behind
/// `_GNU_SOURCE`), looked up by name.
enum SystemFunctions {
    private static func function<Function>(_ name: String, as type: Function.Type) -> Function? {
        dlsym(nil, name).map { unsafeBitCast($0, to: type) }
    }

    /// A pipe that no other child inherits, even one that is started at this very moment. False, with `errno`, on failure.
    static func pipe(_ ends: inout [CInt]) -> Bool {
        typealias Pipe = @convention(c) (UnsafeMutablePointer<CInt>, CInt) -> CInt
        guard let pipe2 = function("pipe2", as: Pipe.self) else {
            errno = ENOSYS
            return false
        }
        return pipe2(&ends, O_CLOEXEC) == 0
    }

    /// What `top` and debuggers call the calling thread; at most 15 bytes.
    static func nameThread(_ name: String) {
        typealias SetName = @convention(c) (pthread_t, UnsafePointer<CChar>) -> CInt
        _ = function("pthread_setname_np", as: SetName.self)?(pthread_self(), name)
    }

    /// Adds to what a new process does before it starts: closing all descriptors from `first` on.
    static func addCloseFrom(_ first: CInt, to actions: inout posix_spawn_file_actions_t) {
        typealias AddCloseFrom = @convention(c) (UnsafeMutablePointer<posix_spawn_file_actions_t>, CInt) -> CInt
        _ = function("posix_spawn_file_actions_addclosefrom_np", as: AddCloseFrom.self)?(&actions, first)
    }

    /// Nothing that this process starts can have more rights than it has.
    static func forbidNewPrivileges() {
        // Variadic in C, which for whole numbers makes no difference to a caller on Linux's platforms.
        typealias Control = @convention(c) (CInt, UInt, UInt, UInt, UInt) -> CInt
        let setNoNewPrivileges: CInt = 38
        _ = function("prctl", as: Control.self)?(setNoNewPrivileges, 1, 0, 0, 0)
    }

    /// Into a network namespace of its own, which has no interface that is up.
    static func leaveNetwork() {
        typealias Unshare = @convention(c) (CInt) -> CInt
        guard let unshare = function("unshare", as: Unshare.self) else { return }
        let newNetwork: CInt = 0x4000_0000
        let newUser: CInt = 0x1000_0000
        // A user namespace is what makes this possible without privileges, where it is allowed at all.
        if unshare(newNetwork) != 0 { _ = unshare(newUser | newNetwork) }
    }
}
