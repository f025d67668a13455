import Foundation
import Glibc

/// The signals by which a server is told something. They are blocked from its very first moment on: one that comes before
/// anybody listens waits, instead of being lost or ending the process as it would by itself.
enum ProcessSignals {
    private static let numbers = [SIGTERM, SIGINT, SIGHUP]

    static var all: sigset_t {
        var signals = sigset_t()
        sigemptyset(&signals)
        for number in numbers { sigaddset(&signals, number) }
        return signals
    }

    /// In this thread and in all that it starts: to be called while it is the only one, so that none of them can be chosen
    /// for these. Nobody may ignore them: that would lose one that waits.
    static func block() {
        var signals = all
        pthread_sigmask(SIG_BLOCK, &signals, nil)
    }

    /// Calls `body` with each of them, with those that wait already first, on a thread of its own.
    static func listen(_ body: @escaping @Sendable (CInt) -> Void) {
        let thread = Thread {
            var signals = Self.all
            while true {
                var number: CInt = 0
                if sigwait(&signals, &number) == 0 { body(number) }
            }
        }
        thread.name = "slipway.signals"
        thread.start()
    }
}
