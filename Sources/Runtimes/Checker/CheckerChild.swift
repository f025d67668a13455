import Glibc
import Synchronization
import Tensors

/// One checker process, from its start to its end.
final class CheckerChild: Sendable {
    private enum State: Sendable {
        case notStarted
        case running(pid_t)
        case ended
        /// Nobody wants the answer any more.
        case cancelled
    }

    private let command: ModelChecker.Command
    private let settings: CheckerSettings
    private let state = Mutex(State.notStarted)
    /// More than any report that the checker writes; what goes beyond is a checker that has lost its senses.
    private static let longestOutput = 64 << 20
    private static let longestComplaint = 64 << 10

    init(command: ModelChecker.Command, settings: CheckerSettings) {
        self.command = command
        self.settings = settings
    }

    /// Starts the child and waits for its end. Blocks.
    func run() -> Result<ModelDescription, ModelLoadError> {
        var pipes = CheckerPipes()
        guard pipes.open() else { return .failure(cannotStart(errno)) }
        defer { pipes.close() }
        let pid: pid_t
        switch start(&pipes) {
        case .success(let started): pid = started
        case .failure(let error): return .failure(error)
        }
        let deadline = Deadline(seconds: settings.wholeSeconds)
        var ending = CheckerEnding()
        ending.timedOut = !collect(&pipes, into: &ending, until: deadline)
        if ending.timedOut || ending.talksTooMuch { signalGroup(pid) }
        wait(for: pid, &ending, until: deadline)
        return ending.result(settings: settings)
    }

    /// Kills the child, its descendants included; the pending `run` comes back at once.
    func kill() {
        state.withLock { state in
            if case .running(let pid) = state { signalGroup(pid) }
            if case .notStarted = state { state = .cancelled }
        }
    }

    // MARK: - Start

    private func start(_ pipes: inout CheckerPipes) -> Result<pid_t, ModelLoadError> {
        let (theirs, words) = (pipes.theirs, ["slipway"] + command.arguments + settings.arguments)
        let result = state.withLock { state -> Result<pid_t, ModelLoadError> in
            if case .cancelled = state { return .failure(ModelLoadError(.timedOut, "The check was given up")) }
            var pid: pid_t = 0
            let code = CheckerSpawn.start(command.path, words, descriptors: theirs, &pid)
            guard code == 0 else { return .failure(cannotStart(code)) }
            state = .running(pid)
            return .success(pid)
        }
        pipes.closeTheirs()
        return result
    }

    private func cannotStart(_ code: CInt) -> ModelLoadError {
        ModelLoadError(
            .runtimeMissing, "The process that checks models does not start: \(String(cString: strerror(code)))")
    }

    // MARK: - Wait

    /// Reads what the child writes until it has nothing more to say. False when that took too long.
    private func collect(_ pipes: inout CheckerPipes, into ending: inout CheckerEnding, until deadline: Deadline)
        -> Bool
    {
        while pipes.output >= 0 || pipes.complaints >= 0 {
            var polls = [
                pollfd(fd: pipes.output, events: Int16(POLLIN), revents: 0),
                pollfd(fd: pipes.complaints, events: Int16(POLLIN), revents: 0),
            ]
            let ready = poll(&polls, 2, deadline.milliseconds)
            if ready == 0 { return false }
            if ready < 0 {
                if errno == EINTR { continue }
                return false
            }
            if polls[0].revents != 0 && !CheckerPipes.drain(pipes.output, &ending.output, Self.longestOutput) {
                pipes.closeOutput()
            }
            if polls[1].revents != 0
                && !CheckerPipes.drain(pipes.complaints, &ending.complaints, Self.longestComplaint)
            {
                pipes.closeComplaints()
            }
            if ending.output.count >= Self.longestOutput {
                ending.talksTooMuch = true
                return true
            }
        }
        return true
    }

    private func wait(for pid: pid_t, _ ending: inout CheckerEnding, until deadline: Deadline) {
        while true {
            // Under the lock, so that `kill` never meets a number that the system has given to somebody else.
            let done = state.withLock { state -> Bool in
                let got = waitpid(pid, &ending.status, WNOHANG)
                if got == 0 || (got < 0 && errno == EINTR) { return false }
                ending.hasStatus = got == pid
                state = .ended
                return true
            }
            if done { break }
            if deadline.hasPassed && !ending.timedOut {
                ending.timedOut = true
                signalGroup(pid)
            }
            // It has closed its pipes, so it is about to end; a pipe that nobody writes to waits for a moment.
            _ = poll(nil, 0, 2)
        }
        // What it may have left behind: its group outlives it only if it has members.
        signalGroup(pid)
    }

    private func signalGroup(_ pid: pid_t) {
        _ = Glibc.kill(-pid, SIGKILL)
    }
}

/// A moment after which nobody waits.
struct Deadline: Sendable {
    private let end: ContinuousClock.Instant

    init(seconds: Int) {
        // A year is as good as for ever, and does not overflow.
        end = .now + .seconds(min(seconds, 366 * 24 * 3600))
    }

    var hasPassed: Bool { ContinuousClock.now >= end }

    /// What is left, for `poll`, rounded up; at most an hour at a time.
    var milliseconds: CInt {
        let left = ContinuousClock.now.duration(to: end)
        guard left > .zero else { return 0 }
        return CInt(min(left.components.seconds, 3600) * 1000 + left.components.attoseconds / 1_000_000_000_000_000 + 1)
    }
}
