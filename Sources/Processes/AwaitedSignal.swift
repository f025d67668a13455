package import Glibc

/// Signals that are blocked, and waited for instead.
package enum AwaitedSignal {
    /// The next signal of `signals`; `nil` when none comes within `seconds`.
    package static func next(of signals: sigset_t, within seconds: Double) -> CInt? {
        var signals = signals
        let whole = max(0, min(seconds, 86_400))
        var time = timespec()
        time.tv_sec = Int(whole)
        time.tv_nsec = Int(whole.truncatingRemainder(dividingBy: 1) * 1e9)
        let number = sigtimedwait(&signals, nil, &time)
        return number > 0 ? number : nil
    }
}
