/// Adds seconds up to minutes and minutes to hours: pure, and the same whether a second was just observed or is read again
/// after a restart. A minute is over as soon as a second comes that belongs to another, earlier or later.
struct SeriesRollup: Sendable {
    private(set) var minute: SeriesFrame?
    private(set) var hour: SeriesFrame?
    /// What is over, oldest first, and waits to be written.
    private(set) var minutes: [SeriesFrame] = []
    private(set) var hours: [SeriesFrame] = []

    /// Frames that may wait while the disk is full; of more, the oldest are lost at this level.
    private static let mostWaiting = 24

    /// Takes in one second.
    mutating func add(_ second: SeriesFrame) {
        endMinute(unless: SeriesLevel.minutes.start(of: second.start))
        if minute == nil {
            minute = SeriesFrame(upTo: second.upTo, start: SeriesLevel.minutes.start(of: second.start))
        }
        minute?.add(second)
    }

    /// Takes in a minute that is written already.
    mutating func add(written minute: SeriesFrame) {
        endHour(unless: SeriesLevel.hours.start(of: minute.start))
        if hour == nil { hour = SeriesFrame(upTo: minute.upTo, start: SeriesLevel.hours.start(of: minute.start)) }
        hour?.add(minute)
    }

    /// Ends what is over at `time`, also when nothing more comes. Seconds since 1970.
    mutating func end(at time: Int) {
        endMinute(unless: SeriesLevel.minutes.start(of: time))
        // An hour whose last minute is not over is not over either.
        if minute == nil { endHour(unless: SeriesLevel.hours.start(of: time)) }
    }

    private mutating func endMinute(unless start: Int) {
        guard let minute, minute.start != start else { return }
        Self.wait(minute, in: &minutes)
        add(written: minute)
        self.minute = nil
    }

    private mutating func endHour(unless start: Int) {
        guard let hour, hour.start != start else { return }
        Self.wait(hour, in: &hours)
        self.hour = nil
    }

    private static func wait(_ frame: SeriesFrame, in line: inout [SeriesFrame]) {
        if line.count >= mostWaiting { line.removeFirst() }
        line.append(frame)
    }

    /// What waits at the front was written.
    mutating func written(_ level: SeriesLevel) {
        switch level {
        case .seconds: break
        case .minutes: if !minutes.isEmpty { minutes.removeFirst() }
        case .hours: if !hours.isEmpty { hours.removeFirst() }
        }
    }

    /// What is not in the level's files yet: what waits, and what is not over.
    func unwritten(_ level: SeriesLevel) -> [SeriesFrame] {
        switch level {
        case .seconds: []
        case .minutes: minutes + (minute.map { [$0] } ?? [])
        // Of an hour that is not over, its minutes that are, and the one that is not.
        case .hours: hours + (hour.map { [$0] } ?? []) + (minute.map { [$0] } ?? [])
        }
    }

    var isEmpty: Bool { minute == nil && hour == nil && minutes.isEmpty && hours.isEmpty }
}
