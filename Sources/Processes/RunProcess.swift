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
        package var limits: ProcessLimits
        /// The file that the log goes to.
        package var log: String
        /// Whether what is in the log already stays.
        package var appends = false
        /// The program of the guard, and what comes before its own arguments.
        package var program: String
        package var programArguments: [String]

        package init(
            command: [String], folder: String, environment: [String], limits: ProcessLimits, log: String,
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
        let log = open(order.log, O_WRONLY | O_CREAT | (order.appends ? O_APPEND : O_TRUNC) | O_CLOEXEC, 0o600)
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
        ChildSpawn.start(
            order.program,
            ["slipway"] + order.programArguments + order.limits.arguments + [order.folder]
                + order.command,
            environment: order.environment, descriptors: descriptors, &pid)
    }

    // MARK: - Wait

    /// Writes down what the run says until its guard has said how it ended. What somebody who got away might still write is
    /// not waited for.
    private func collect(_ output: CInt, _ status: CInt, into log: CInt) -> String {
        var left = order.limits.logBytes
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
            let note = "\n[the log has its \(order.limits.logBytes >> 20) MiB: the run was ended]\n"
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
