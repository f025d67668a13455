/// Tells work from waiting: how much of the time that has passed a thread had a processor.
///
/// Asking for a thread's processor time is a system call, so it is noted now and then, and asked for again only where an
/// answer is needed.
final class ThreadProcessorTime: Sendable {
    /// Nanoseconds from one note of a thread to its next.
    private static let resolution: UInt64 = 1_000_000

    /// What a thread has noted; threads that share a place make each other's answers too large or too small, which is rare
    /// and costs a wrong guess.
    private enum Note: Int, CaseIterable {
        case at, processorTime
    }

    private let notes = StripedCounters(Note.allCases.count)
    private let clock: @Sendable () -> UInt64

    /// - Parameter clock: nanoseconds of processor time that the calling thread has had.
    init(clock: @escaping @Sendable () -> UInt64) {
        self.clock = clock
    }

    /// To be called before work, at `now` in nanoseconds of `MonotonicClock`; cheap.
    @inline(__always)
    func note(at now: UInt64) {
        let mine = notes.mine
        let last = mine.value(Note.at.rawValue)
        guard last == 0 || now &- last > Self.resolution else { return }
        mine.set(now, at: Note.at.rawValue)
        mine.set(clock(), at: Note.processorTime.rawValue)
    }

    /// Nanoseconds of processor time since this thread's last note: at most `resolution` more than the work that came
    /// after `note`.
    func sinceNoted() -> UInt64 {
        let noted = notes.mine.value(Note.processorTime.rawValue)
        let now = clock()
        return now > noted ? now - noted : 0
    }
}
