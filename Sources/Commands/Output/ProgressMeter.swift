import SlipwayClient
import Synchronization

/// Draws the progress of a long transfer on a terminal, ten times a second at most; in a pipe it draws nothing.
final class ProgressMeter: Sendable {
    private struct State {
        var label = ""
        var begun = ContinuousClock.now
        var drawn: ContinuousClock.Instant?
    }

    private let console: Console
    private let width: Int
    private let checking: String
    private let state = Mutex(State())

    /// `nil` where nobody watches.
    ///
    /// - Parameter checking: what the server does once it has all bytes.
    init?(console: Console, checking: String = "the server loads the model once") {
        guard let width = console.errorWidth else { return nil }
        self.console = console
        self.width = width
        self.checking = checking
    }

    func show(_ progress: PushProgress) {
        switch progress {
        case .hashing(let done, let total): draw("reading", done, total)
        case .uploading(let done, let total): draw("sending", done, total)
        case .checking: state.withLock { _ in console.redraw("checking: \(checking) ...") }
        }
    }

    func show(receiving done: Int, of total: Int) { draw("receiving", done, total) }

    func show(sending done: Int, of total: Int) { draw("sending", done, total) }

    /// Removes the line.
    func clear() { state.withLock { _ in console.redraw("") } }

    private func draw(_ label: String, _ done: Int, _ total: Int) {
        let now = ContinuousClock.now
        state.withLock { state in
            if state.label != label { state = State(label: label, begun: now) }
            if done < total, let drawn = state.drawn, now - drawn < .milliseconds(100) { return }
            state.drawn = now
            let seconds = (now - state.begun) / .seconds(1)
            console.redraw(ProgressLine.text(label, done: done, total: total, seconds: seconds, width: width))
        }
    }
}
