import Synchronization

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A command of a run, on its way: its guard, and the pipes to it.
package final class RunProcess: Sendable {
    /// What is started, where, with what.
    package struct Order: Sendable {
        package var command: [String]
        package var folder: String
        /// All of the environment: `NAME=value`.
        package var environment: [String]
        package var limits: RunLimits
        /// The file that the log goes to.
        package var log: String
        /// The program of the guard, and what comes before its own arguments.
        package var program: String
        package var programArguments: [String]

        package init(
            command: [String], folder: String, environment: [String], limits: RunLimits, log: String,
            program: String = "/proc/self/exe", programArguments: [String] = [RunGuard.subcommand]
        ) {
            self.command = command
            self.folder = folder
            self.environment = environment
            self.limits = limits
            self.log = log
            self.program = program
            self.programArguments = programArguments
        }
    }

    private struct Line {
        /// Our end of the pipe that the guard listens at; -1 before the start and once it is closed.
        var descriptor: CInt = -1
        /// What was to be told before there was somebody to tell.
        var isCancelled = false
        var isAbandoned = false
    }

    private let order: Order
    private let lifeline = Mutex(Line())

    package init(_ order: Order) {
        self.order = order
    }

    /// Asks the run to end: nicely first, then not. To be called from any thread, at any time.
    package func cancel() {
        lifeline.withLock { $0.isCancelled = true }
        tell(RunGuard.cancelByte)
    }

    /// Ends the run at once, as the end of this process would.
    package func abandon() {
        lifeline.withLock { line in
            if line.descriptor >= 0 { close(line.descriptor) }
            line.descriptor = -1
            line.isAbandoned = true
        }
    }

    private func tell(_ byte: UInt8) {
        lifeline.withLock { line in
            var byte = byte
            if line.descriptor >= 0 { _ = write(line.descriptor, &byte, 1) }
        }
    }

    /// Starts the command, keeps its log, and waits for its end. Blocks, for as long as the run takes.
    package func run() -> RunEnding {
        let log = open(order.log, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard log >= 0 else { return .notStarted(Int(errno)) }
        defer { close(log) }
        guard let line = SystemCalls.pipe() else { return .notStarted(Int(errno)) }
        guard let output = SystemCalls.pipe() else {
            close(line.read)
            close(line.write)
            return .notStarted(Int(errno))
        }
        guard let status = SystemCalls.pipe() else {
            for descriptor in [line.read, line.write, output.read, output.write] { close(descriptor) }
            return .notStarted(Int(errno))
        }
        let early = lifeline.withLock { state -> RunEnding? in
            if state.isAbandoned { return .serverEnded }
            if state.isCancelled { return .cancelled }
            state.descriptor = line.write
            return nil
        }
        if let early {
            for descriptor in [line.read, line.write, output.read, output.write, status.read, status.write] {
                close(descriptor)
            }
            return early
        }
        var pid: pid_t = 0
        let code = spawn([line.read, output.write, output.write, status.write], &pid)
        for descriptor in [line.read, output.write, status.write] { close(descriptor) }
        defer {
            close(output.read)
            close(status.read)
            abandon()
        }
        guard code == 0 else { return .notStarted(Int(code)) }
        let said = collect(output.read, status.read, into: log)
        var ended: CInt = 0
        while waitpid(pid, &ended, 0) < 0, errno == EINTR {}
        return RunEnding(text: said) ?? .guardLost
    }

    // MARK: - Start

    private func spawn(_ descriptors: [CInt], _ pid: inout pid_t) -> CInt {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        // Through high numbers first: a source may have the very number that another one is to get. Not through one that
        // is a source itself.
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
        SystemCalls.addCloseFrom(CInt(descriptors.count), to: &actions)
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
        return Self.withCStrings(["slipway"] + order.programArguments + arguments) { words in
            Self.withCStrings(order.environment) { environment in
                posix_spawn(&pid, order.program, &actions, &attributes, words, environment)
            }
        }
    }

    private var arguments: [String] {
        let limits = order.limits
        // Their ranges keep these far from any overflow.
        let numbers = [
            limits.minutes * 60, limits.memoryMB << 20, limits.fileMB << 20, limits.openFiles, limits.processes,
        ]
        return numbers.map { String($0) } + [order.folder] + order.command
    }

    private static func withCStrings<Result>(
        _ strings: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
    ) -> Result {
        var pointers: [UnsafeMutablePointer<CChar>?] = strings.map { strdup($0) }
        pointers.append(nil)
        defer { for pointer in pointers { free(pointer) } }
        return body(&pointers)
    }

    // MARK: - Wait

    /// Writes down what the run says until its guard has said how it ended. What somebody who got away might still write is
    /// not waited for.
    private func collect(_ output: CInt, _ status: CInt, into log: CInt) -> String {
        var left = order.limits.logMB << 20
        var said: [UInt8] = []
        var hasOutput = true
        while true {
            var polls = [
                pollfd(fd: hasOutput ? output : -1, events: Int16(POLLIN), revents: 0),
                pollfd(fd: status, events: Int16(POLLIN), revents: 0),
            ]
            guard poll(&polls, 2, -1) >= 0 || errno == EINTR else { break }
            if polls[0].revents != 0 { hasOutput = copy(output, into: log, &left) }
            if polls[1].revents != 0 {
                let chunk = Self.chunk(of: status, 256)
                if chunk.isEmpty { break }
                said += chunk.prefix(256 - min(256, said.count))
            }
        }
        // What is in the pipe already belongs to the log.
        _ = fcntl(output, F_SETFL, O_NONBLOCK)
        while hasOutput, copy(output, into: log, &left) {}
        return String(decoding: said, as: UTF8.self)
    }

    /// False at the end.
    private func copy(_ source: CInt, into log: CInt, _ left: inout Int) -> Bool {
        let chunk = Self.chunk(of: source, 64 << 10)
        guard !chunk.isEmpty else { return false }
        guard left > 0 else { return true }
        var rest = chunk.prefix(left)[...]
        left -= rest.count
        while !rest.isEmpty {
            let written = rest.withUnsafeBytes { write(log, $0.baseAddress, $0.count) }
            // A disk that is full costs the log, not the run.
            guard written > 0 else { break }
            rest = rest.dropFirst(written)
        }
        if left == 0 {
            let note = "\n[the log has its \(order.limits.logMB) MiB: the run was ended]\n"
            _ = note.withCString { write(log, $0, strlen($0)) }
            tell(RunGuard.logFullByte)
        }
        return true
    }

    private static func chunk(of descriptor: CInt, _ size: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: size) { buffer, filled in
            filled = max(0, read(descriptor, buffer.baseAddress, buffer.count))
        }
    }
}
