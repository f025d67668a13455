import Glibc
import Synchronization

/// One worker process, from its start to its end.
final class WorkerProcess: Sendable {
    /// The descriptors that a worker finds, in the order of their numbers.
    enum Descriptor {
        static let socket: CInt = 0
        static let control: CInt = 3
    }

    /// Reports and orders; its end is the other side's end.
    let socket: CInt
    /// What it, or a library in it, writes to standard error.
    private let complaints: CInt
    private let pid: pid_t
    private let isReaped = Mutex(false)
    private static let longestComplaint = 64 << 10

    private init(pid: pid_t, socket: CInt, complaints: CInt) {
        self.pid = pid
        self.socket = socket
        self.complaints = complaints
    }

    deinit {
        close(socket)
        close(complaints)
    }

    /// Starts `command` with `control` as its control memory, or says with `errno` why not.
    static func start(
        _ command: ModelChecker.Command, _ settings: WorkerSettings, control: CInt
    ) -> WorkerProcess? {
        var sockets: [CInt] = [-1, -1]
        var pipe: [CInt] = [-1, -1]
        let kind = CInt(SOCK_SEQPACKET.rawValue) | CInt(SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, kind, 0, &sockets) == 0 else { return nil }
        let nowhere = open("/dev/null", O_RDWR | O_CLOEXEC)
        var pid: pid_t = 0
        var code = errno
        if nowhere >= 0, SystemFunctions.pipe(&pipe) {
            code = CheckerSpawn.start(
                command.path, ["slipway"] + command.arguments + settings.arguments,
                descriptors: [sockets[1], nowhere, pipe[1], control], &pid)
        } else {
            code = errno
        }
        for descriptor in [sockets[1], nowhere, pipe[1]] where descriptor >= 0 { close(descriptor) }
        guard code == 0, pid > 0 else {
            for descriptor in [sockets[0], pipe[0]] where descriptor >= 0 { close(descriptor) }
            errno = code
            return nil
        }
        return WorkerProcess(pid: pid, socket: sockets[0], complaints: pipe[0])
    }

    /// Ends it at once; `waitForSilence` tells when it has.
    func kill() {
        // Under the lock, so that the number never stands for somebody else's process.
        isReaped.withLock { isReaped in
            if !isReaped { _ = Glibc.kill(-pid, SIGKILL) }
        }
    }

    /// Whether `thread` is one of its threads.
    func hasThread(_ thread: pid_t) -> Bool { access("/proc/\(pid)/task/\(thread)", F_OK) == 0 }

    /// What it reports when its model is loaded, or cannot be. `nil` when it ended, or `deadline` passed, without a word.
    func report(until deadline: Deadline) -> WorkerReport? {
        var bytes: [UInt8] = []
        var ignored = WorkerEnding()
        while let part = next(into: &ignored, timeout: deadline.milliseconds) {
            if part.isEmpty {
                if deadline.hasPassed { return nil }
                continue
            }
            if part == [0x0a] { return WorkerReport(bytes) }
            bytes += part
            if bytes.count > WorkerReport.longest { return nil }
        }
        return nil
    }

    /// Waits until its end of the socket is closed, which the system does when it ends. Blocks.
    func waitForSilence() -> WorkerEnding {
        var ending = WorkerEnding()
        while next(into: &ending, timeout: -1) != nil {}
        return ending
    }

    /// Waits until it is gone, and says what of. Blocks.
    func putAway(_ ending: WorkerEnding) -> WorkerEnding {
        var ending = ending
        // It may have closed its socket and live on; nobody needs it any more.
        kill()
        _ = CheckerPipes.drain(complaints, &ending.complaints, Self.longestComplaint)
        while true {
            let isDone = isReaped.withLock { isReaped -> Bool in
                let got = waitpid(pid, &ending.status, WNOHANG)
                if got == 0 || (got < 0 && errno == EINTR) { return false }
                isReaped = true
                return true
            }
            if isDone { return ending }
            // Its descriptors are closed already: this takes no longer than the system needs to put it away.
            _ = poll(nil, 0, 1)
        }
    }

    /// The next message; empty when there is none yet, `nil` at the end of the socket. Complaints are collected on the way.
    private func next(into ending: inout WorkerEnding, timeout: CInt) -> [UInt8]? {
        var polls = [
            pollfd(fd: socket, events: Int16(POLLIN), revents: 0),
            pollfd(fd: ending.complaintsEnded ? -1 : complaints, events: Int16(POLLIN), revents: 0),
        ]
        guard poll(&polls, 2, timeout) > 0 else { return [] }
        if polls[1].revents != 0 {
            ending.complaintsEnded = !CheckerPipes.drain(complaints, &ending.complaints, Self.longestComplaint)
        }
        guard polls[0].revents != 0 else { return [] }
        var count = 0
        let message = [UInt8](unsafeUninitializedCapacity: 64 << 10) { buffer, filled in
            count = recv(socket, buffer.baseAddress, buffer.count, CInt(MSG_DONTWAIT))
            filled = max(0, count)
        }
        if count < 0, errno == EAGAIN || errno == EINTR { return [] }
        return count > 0 ? message : nil
    }
}

/// How a worker ended, in words.
struct WorkerEnding: Sendable {
    var complaints: [UInt8] = []
    var complaintsEnded = false
    var status: CInt = 0

    /// What it died of, as the end of a sentence.
    var cause: String {
        let text = String(decoding: complaints, as: UTF8.self)
        if ["bad_alloc", "Cannot allocate memory", "out of memory"].contains(where: text.contains) {
            return "it ran out of the memory that it may have"
        }
        let signal = status & 0x7f
        switch signal {
        case 0: return "it ended with exit code \((status >> 8) & 0xff)\(lastWords(text))"
        case SIGKILL: return "it was killed, by somebody or by the system for want of memory"
        default:
            let name = strsignal(signal).map { String(cString: $0).lowercased() } ?? "unknown"
            return "signal \(signal), \(name)\(lastWords(text))"
        }
    }

    private func lastWords(_ text: String) -> String {
        let line = text.suffix(500).split(whereSeparator: \.isNewline).last ?? ""
        return line.isEmpty ? "" : ": \(line)"
    }
}
