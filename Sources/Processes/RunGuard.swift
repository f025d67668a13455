#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The process between the server and a command that it runs for somebody: the same binary again. It sets the limits, starts the command in
/// a process group of its own, and ends everything below it when the command has ended, when a limit is reached, when it is
/// told to, and when the server is gone.
///
/// Descriptors: 0 is told by, and at end-of-file the server is gone; 1 and 2 are the run's log; 3 takes the ending.
package struct RunGuard {
    /// The hidden subcommand of this binary: SECONDS MEMORY-BYTES FILE-BYTES OPEN-FILES PROCESSES DISK-BYTES DISK-FOLDER
    /// FOLDER COMMAND... Zero bytes of disk are any number of them.
    package static let subcommand = "command-guard"

    /// Bytes that the server writes to descriptor 0.
    static let cancelByte = UInt8(ascii: "c")
    static let logFullByte = UInt8(ascii: "l")

    /// What a command gets between being asked to end and being killed.
    private static let graceNanoseconds: UInt64 = 5_000_000_000
    private static let scanNanoseconds: UInt64 = 250_000_000
    /// Disks are asked less often than processes are counted, and never for more than a tenth of the time.
    private static let diskScanNanoseconds: UInt64 = 500_000_000

    private let seconds: Int
    private let memoryBytes: Int
    private let fileBytes: Int
    private let openFiles: Int
    private let processes: Int
    private let disk: ProcessLimits.Disk?
    private let folder: String
    private let command: [String]

    private var leader: pid_t = 0
    private var nextDiskScan: UInt64 = 0
    /// Once it is decided, with when the rest is killed.
    private var ending: (RunEnding, killAt: UInt64)?
    private var leaderEnded = false

    /// The guard's entry. `arguments` are what follows the subcommand. Returns the exit code.
    package static func run(arguments: [String]) -> Int32 {
        guard var run = RunGuard(arguments) else {
            let text = "slipway: \(subcommand) is for `slipway serve` itself\n"
            _ = text.withCString { write(2, $0, strlen($0)) }
            return 64
        }
        let ending = run.carryOut()
        let text = ending.text
        _ = text.withCString { write(3, $0, strlen($0)) }
        return 0
    }

    private init?(_ arguments: [String]) {
        let numbers = arguments.prefix(6).compactMap { Int($0) }
        guard numbers.count == 6, numbers.prefix(5).allSatisfy({ $0 > 0 }), numbers[5] >= 0, arguments.count >= 9
        else { return nil }
        seconds = numbers[0]
        memoryBytes = numbers[1]
        fileBytes = numbers[2]
        openFiles = numbers[3]
        processes = numbers[4]
        disk = numbers[5] == 0 ? nil : ProcessLimits.Disk(folder: arguments[6], bytes: numbers[5])
        folder = arguments[7]
        command = Array(arguments.dropFirst(8))
    }

    private mutating func carryOut() -> RunEnding {
        // Who writes a log that nobody reads any more is told by an error, and so is the guard.
        signal(SIGPIPE, SIG_IGN)
        SystemCalls.adoptOrphans()
        guard chdir(folder) == 0 else { return .notStarted(Int(errno)) }
        enterLimits()
        let code = start()
        guard code == 0 else { return .notStarted(Int(code)) }
        let deadline = SystemCalls.monotonic &+ UInt64(seconds) &* 1_000_000_000
        var nextScan: UInt64 = 0
        var seenTasks = ProcessTable.tasks
        while !leaderEnded {
            listen()
            reap()
            let now = SystemCalls.monotonic
            if now >= deadline { end(.outOfTime) }
            if let ending, now >= ending.killAt { killAll(SIGKILL) }
            // Who multiplies is looked at before there are too many of them to be looked through.
            let tasks = ProcessTable.tasks
            if tasks > seenTasks &+ processes {
                lookWhileTheyStand()
            } else if now >= nextScan {
                look()
            } else {
                continue
            }
            nextScan = now &+ Self.scanNanoseconds
            seenTasks = tasks
        }
        sweep()
        return ending?.0 ?? .guardLost
    }

    /// Serving comes first when memory runs out. What the guard takes away from itself its children do not have either.
    private func enterLimits() {
        let file = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC)
        if file >= 0 {
            _ = write(file, "1000", 4)
            close(file)
        }
        // The bound on memory is for all processes together, and looked at now and then; this stops one that is too fast.
        SystemCalls.limit(RLIMIT_DATA, memoryBytes.multipliedReportingOverflow(by: 2).partialValue)
        SystemCalls.limit(RLIMIT_FSIZE, fileBytes)
        SystemCalls.limit(RLIMIT_NOFILE, openFiles)
        SystemCalls.limit(RLIMIT_CORE, 0)
    }

    /// 0 or an error number.
    private mutating func start() -> CInt {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        SystemCalls.addCloseFrom(3, to: &actions)
        var pid: pid_t = 0
        let code = ChildSpawn.withGroupOfItsOwn { attributes in
            ChildSpawn.withCStrings(command) { words in
                posix_spawnp(&pid, command[0], &actions, &attributes, words, environ)
            }
        }
        leader = pid
        // Serving comes first for the processor too. Not the guard itself: among a thousand equals it would come too late.
        if code == 0 { SystemCalls.lowerPriority(ofGroup: pid) }
        return code
    }

    /// What the server says; waits a moment for it.
    private mutating func listen() {
        var polled = pollfd(fd: 0, events: Int16(POLLIN), revents: 0)
        guard poll(&polled, 1, 50) > 0 else { return }
        var byte: UInt8 = 0
        switch read(0, &byte, 1) {
        case 1 where byte == Self.cancelByte: end(.cancelled)
        case 1 where byte == Self.logFullByte: end(.talkedTooMuch, atOnce: true)
        case 1: break
        case 0:
            end(.serverEnded, atOnce: true)
            // No more is heard; end-of-file would be read for ever.
            _ = poll(nil, 0, 20)
        default: break
        }
    }

    /// Takes note of whoever has ended: the command, and what it left to us.
    private mutating func reap() {
        var status: CInt = 0
        while case let pid = waitpid(-1, &status, WNOHANG), pid > 0 {
            guard pid == leader else { continue }
            leaderEnded = true
            guard ending == nil else { continue }
            let signal = Int(status & 0x7f)
            ending = (signal == 0 ? .exited(Int((status >> 8) & 0xff)) : .signalled(signal), killAt: 0)
        }
    }

    /// A group that multiplies makes new ones faster than they are counted: it waits until it is.
    private mutating func lookWhileTheyStand() {
        _ = kill(-leader, SIGSTOP)
        look()
        _ = kill(-leader, SIGCONT)
    }

    private mutating func look() {
        let below = ProcessTable.read().descendants(of: getpid())
        if below.count > processes { end(.tooManyProcesses, atOnce: true) }
        var bytes = 0
        for process in below { bytes &+= process.resident }
        if bytes > memoryBytes { end(.outOfMemory, atOnce: true) }
        lookAtDisk(below.map(\.pid))
    }

    private mutating func lookAtDisk(_ below: [pid_t]) {
        let begun = SystemCalls.monotonic
        guard let disk, begun >= nextDiskScan else { return }
        let use = DiskUse.count(folder: disk.folder, openedBy: below)
        if use.bytes > disk.bytes || use.isTooDeep { end(.outOfDisk, atOnce: true) }
        let ended = SystemCalls.monotonic
        nextDiskScan = ended &+ max(Self.diskScanNanoseconds, (ended &- begun) &* 10)
    }

    /// The first reason is the one that counts.
    private mutating func end(_ reason: RunEnding, atOnce: Bool = false) {
        let now = SystemCalls.monotonic
        if let known = ending {
            if atOnce, known.killAt > now { ending = (known.0, killAt: now) }
            return
        }
        ending = (reason, killAt: atOnce ? now : now &+ Self.graceNanoseconds)
        killAll(atOnce ? SIGKILL : SIGTERM)
    }

    private func killAll(_ signal: CInt) {
        _ = kill(-leader, signal)
        for process in ProcessTable.read().descendants(of: getpid()) { _ = kill(process.pid, signal) }
    }

    /// Nothing outlives the command, wherever it went.
    private func sweep() {
        let deadline = SystemCalls.monotonic &+ Self.graceNanoseconds
        while SystemCalls.monotonic < deadline {
            killAll(SIGKILL)
            var status: CInt = 0
            var ended: pid_t = 0
            repeat { ended = waitpid(-1, &status, WNOHANG) } while ended > 0
            if ended < 0, errno == ECHILD { return }
            _ = poll(nil, 0, 5)
        }
    }
}
