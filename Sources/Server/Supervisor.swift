import Foundation
import Glibc
import Processes
import Serving

/// The small parent of `slipway serve`: it holds the listening sockets and has one server child, which it replaces when it
/// dies. Callers that connect in between wait in the sockets' queue instead of being refused.
///
/// It has one thread and touches nothing that could crash.
package struct Supervisor {
    /// A child that dies sooner than this after its start counts towards giving up.
    private static let quickDeathSeconds: Double = 5
    private static let quickDeathsAllowed = 5
    /// Exit codes of the child that starting again would not change.
    private static let finalCodes: Set<Int32> = [0, 64]
    /// Of a child that could not start. The first one says so to whoever set it up. What replaces a server that ran may
    /// have met a full disk or half a certificate, and is tried again: seconds between, and how often.
    private static let cannotStart = ServerProcess.cannotStart
    private static let longestPause: Double = 10
    private static let startsTried = 15

    private var configuration: ServerConfiguration
    private let sockets: ListeningSockets

    package init(configuration: ServerConfiguration) throws(ConfigurationError) {
        try configuration.validate()
        self.configuration = configuration
        self.sockets = try ListeningSockets.bind(configuration)
    }

    /// Runs until it is told to stop. Returns the exit code of the process.
    package mutating func run() -> Int32 {
        guard configuration.supervisor else {
            return ServerProcess(configuration: configuration, sockets: sockets, lifeline: nil).run()
        }
        var signals = ProcessSignals.all
        sigaddset(&signals, SIGCHLD)
        // Before any other thread exists, so that none of them can be chosen for these.
        pthread_sigmask(SIG_BLOCK, &signals, nil)
        signal(SIGPIPE, SIG_IGN)

        var quickDeaths = 0
        var failedStarts = 0
        var isFirst = true
        while true {
            let started = Self.now()
            let report = CrashJournal.report(folder: configuration.dataDir)
            let child = startChild()
            let end = child.map { watch($0, signals: signals) } ?? .died(Self.cannotStart)
            if let child { close(child.lifeline) }
            // Once is enough: a server that replaces a dead one makes no further key.
            configuration.newOwnerKey = false
            defer { isFirst = false }
            switch end {
            case .stopped(let code): return code
            case .died(let code) where Self.finalCodes.contains(code): return code
            case .died(Self.cannotStart):
                guard !isFirst else { return child == nil ? 1 : Self.cannotStart }
                failedStarts += 1
                guard failedStarts < Self.startsTried else {
                    Self.say("the server could not be started again \(failedStarts) times; giving up")
                    return Self.cannotStart
                }
                let pause = min(Self.longestPause, 0.25 * Double(1 << min(failedStarts, 10)))
                Self.say("the server could not be started again; trying once more in \(pause) s")
                if isStopped(within: pause, signals: signals) { return 0 }
            case .died(let code), .killed(let code):
                failedStarts = 0
                // Each model that crashes the server does so once, then it runs elsewhere: that is no reason to give up.
                if !CrashJournal.hasReport(folder: configuration.dataDir, otherThan: report) {
                    quickDeaths = Self.now() - started < Self.quickDeathSeconds ? quickDeaths + 1 : 0
                }
                guard quickDeaths < Self.quickDeathsAllowed else {
                    Self.say("the server process died \(quickDeaths) times in a row right after its start; giving up")
                    return 1
                }
                Self.say("the server process ended unexpectedly (\(end.name) \(code)); starting it again")
                // Straight away the first time: callers are waiting.
                if quickDeaths > 1 { usleep(UInt32(min(quickDeaths, 5)) * 200_000) }
            }
        }
    }

    private enum End {
        case stopped(Int32)
        case died(Int32)
        case killed(Int32)

        var name: String { if case .killed = self { "signal" } else { "exit code" } }
    }

    private func startChild() -> ChildProcess? {
        guard let json = try? JSONEncoder().encode(configuration) else { return nil }
        let arguments =
            [ServerProcess.subcommand, String(decoding: json, as: UTF8.self)] + sockets.ports.map(String.init)
        do throws(ChildProcess.Failure) {
            return try ChildProcess.start(arguments: arguments, sockets: sockets.descriptors)
        } catch {
            guard case .system(let what, let code) = error else { return nil }
            Self.say("cannot \(what): \(String(cString: strerror(code)))")
            return nil
        }
    }

    /// Waits for the child's end and passes signals on, for which a child that has hardly begun is prepared as well. The first
    /// SIGTERM or SIGINT asks the child to finish what it has begun; the second ends it at once.
    private func watch(_ child: ChildProcess, signals: sigset_t) -> End {
        var signals = signals
        var isStopping = false
        while true {
            var number: CInt = 0
            guard sigwait(&signals, &number) == 0 else { continue }
            switch number {
            case SIGHUP: kill(child.pid, SIGHUP)
            case SIGTERM, SIGINT:
                kill(child.pid, isStopping ? SIGKILL : SIGTERM)
                if isStopping {
                    var status: CInt = 0
                    waitpid(child.pid, &status, 0)
                    return .stopped(1)
                }
                isStopping = true
            default:
                var status: CInt = 0
                guard waitpid(child.pid, &status, WNOHANG) == child.pid else { continue }
                let signal = status & 0x7f
                let code = (status >> 8) & 0xff
                if isStopping { return .stopped(signal == 0 ? code : 1) }
                return signal == 0 ? .died(code) : .killed(signal)
            }
        }
    }

    /// Whether somebody asks it to stop in the next `seconds`, in which it has no child.
    private func isStopped(within seconds: Double, signals: sigset_t) -> Bool {
        let end = Self.now() + seconds
        while true {
            let rest = max(0, end - Self.now())
            let number = AwaitedSignal.next(of: signals, within: rest)
            if number == SIGTERM || number == SIGINT { return true }
            if rest == 0 { return false }
        }
    }

    private static func now() -> Double { Double(MonotonicClock.nanoseconds()) / 1e9 }

    private static func say(_ message: String) {
        FileHandle.standardError.write(Data("slipway: \(message)\n".utf8))
    }
}
