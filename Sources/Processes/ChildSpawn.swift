#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Children that get nothing of ours but what they are given.
package enum ChildSpawn {
    /// Starts a program in a process group of its own, with its signals as usual, these descriptors as 0, 1, 2 ... and no
    /// other, and this environment alone.
    ///
    /// - Parameters:
    ///   - words: with the program's name first.
    ///   - environment: `NAME=value`.
    /// - Returns: 0 or an error number.
    package static func start(
        _ program: String, _ words: [String], environment: [String], descriptors: [CInt], _ pid: inout Int32
    ) -> CInt {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        // Through high numbers first: a source may have the very number that another one is to get. Not through one that
        // is a source itself.
        let count = CInt(descriptors.count)
        var high: CInt = 200
        while descriptors.contains(where: { $0 >= high && $0 < high + count }) { high += count }
        for (index, descriptor) in descriptors.enumerated() {
            posix_spawn_file_actions_adddup2(&actions, descriptor, high + CInt(index))
        }
        for index in descriptors.indices {
            posix_spawn_file_actions_adddup2(&actions, high + CInt(index), CInt(index))
        }
        SystemCalls.addCloseFrom(count, to: &actions)
        return withGroupOfItsOwn { attributes in
            withCStrings(words) { words in
                withCStrings(environment) { environment in
                    posix_spawn(&pid, program, &actions, &attributes, words, environment)
                }
            }
        }
    }

    /// Attributes of a process in a group of its own that ignores and blocks no signal.
    static func withGroupOfItsOwn<Result>(_ body: (inout posix_spawnattr_t) -> Result) -> Result {
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        var all = sigset_t()
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP))
        return body(&attributes)
    }

    static func withCStrings<Result>(
        _ strings: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
    ) -> Result {
        var pointers: [UnsafeMutablePointer<CChar>?] = strings.map { strdup($0) }
        pointers.append(nil)
        defer { for pointer in pointers { free(pointer) } }
        return body(&pointers)
    }
}
