import Glibc

/// The pipes between a checker and its parent.
struct CheckerPipes {
    /// The child's ends, in the order of its descriptors 0, 1, 2.
    private(set) var theirs: [CInt] = []
    /// Our end of the pipe whose end-of-file tells the child that we are gone.
    private var lifeline: CInt = -1
    private(set) var output: CInt = -1
    private(set) var complaints: CInt = -1

    /// False, with `errno`, when the system gives no pipes.
    mutating func open() -> Bool {
        var ends: [CInt] = [-1, -1]
        guard SystemFunctions.pipe(&ends) else { return false }
        theirs.append(ends[0])
        lifeline = ends[1]
        for index in 0..<2 {
            guard SystemFunctions.pipe(&ends) else {
                let code = errno
                close()
                errno = code
                return false
            }
            theirs.append(ends[1])
            if index == 0 { output = ends[0] } else { complaints = ends[0] }
        }
        return true
    }

    mutating func closeTheirs() {
        for descriptor in theirs { _ = Glibc.close(descriptor) }
        theirs = []
    }

    mutating func closeOutput() { Self.close(&output) }
    mutating func closeComplaints() { Self.close(&complaints) }

    mutating func close() {
        closeTheirs()
        Self.close(&lifeline)
        closeOutput()
        closeComplaints()
    }

    /// Reads once, keeping at most `limit` bytes altogether. False at the end.
    static func drain(_ descriptor: CInt, _ bytes: inout [UInt8], _ limit: Int) -> Bool {
        let chunk = [UInt8](unsafeUninitializedCapacity: 64 << 10) { buffer, filled in
            filled = max(0, read(descriptor, buffer.baseAddress, buffer.count))
        }
        bytes += chunk.prefix(max(0, limit - bytes.count))
        return !chunk.isEmpty
    }

    private static func close(_ descriptor: inout CInt) {
        if descriptor >= 0 { _ = Glibc.close(descriptor) }
        descriptor = -1
    }
}

enum CheckerSpawn {
    /// Starts `path` in a process group of its own, with three descriptors and nothing else of ours. 0 or an error number.
    static func start(_ path: String, _ words: [String], descriptors: [CInt], _ pid: inout pid_t) -> CInt {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        // Through high numbers first: a source may have the very number that another one is to get. Not through one
        // that is a source itself: a server with some hundred connections has those too.
        var high: CInt = 200
        while descriptors.contains(where: { $0 >= high && $0 < high + CInt(descriptors.count) }) {
            high += CInt(descriptors.count)
        }
        for (index, descriptor) in descriptors.enumerated() {
            posix_spawn_file_actions_adddup2(&actions, descriptor, high + CInt(index))
        }
        for index in descriptors.indices {
            posix_spawn_file_actions_adddup2(&actions, high + CInt(index), CInt(index))
        }
        SystemFunctions.addCloseFrom(CInt(descriptors.count), to: &actions)

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

        return withCStrings(words) { arguments in
            withCStrings(environment) { environment in
                posix_spawn(&pid, path, &actions, &attributes, arguments, environment)
            }
        }
    }

    /// No more of our environment than the library needs to be found, and nothing that calls home or writes backtraces.
    private static var environment: [String] {
        let inherited = ["PATH", "LD_LIBRARY_PATH", "SLIPWAY_ONNXRUNTIME"].compactMap { name -> String? in
            guard let value = getenv(name) else { return nil }
            return "\(name)=\(String(cString: value))"
        }
        return inherited + ["ORT_DISABLE_TELEMETRY=1", "SWIFT_BACKTRACE=enable=no"]
    }

    private static func withCStrings<Result>(
        _ strings: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
    ) -> Result {
        var pointers: [UnsafeMutablePointer<CChar>?] = strings.map { strdup($0) }
        pointers.append(nil)
        defer { for pointer in pointers { free(pointer) } }
        return body(&pointers)
    }
}
