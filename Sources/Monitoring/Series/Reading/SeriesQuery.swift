package import Journal

/// Which part of an endpoint's series is wanted, and how finely.
package struct SeriesQuery: Sendable, Hashable {
    /// Points of one answer at most.
    package static let mostPoints = 4000
    /// Steps between the ends of a window for which nobody says how finely: about this many.
    private static let usualPoints = 60

    /// Seconds since 1970; `from` is part of the window and `to` is not.
    package var from: Int
    package var to: Int
    /// Seconds of one point.
    package var step: Int
    /// Only what this version did.
    package var version: Int?
    /// Only what was done under this name in a rollout.
    package var variant: String?

    /// The files that it is read from: the coarsest that its steps allow.
    package var level: SeriesLevel {
        for level in [SeriesLevel.hours, .minutes] where step % level.unit == 0 { return level }
        return .seconds
    }

    /// A query whose ends lie at whole steps, none of the window left out.
    ///
    /// - Parameters:
    ///   - from: when the window begins; `nil` for an hour before its end.
    ///   - to: when it ends; `nil` for now.
    ///   - step: seconds of one point; `nil` for about sixty points.
    ///   - now: seconds since 1970.
    package init(
        from: Int?, to: Int?, step: Int?, version: Int? = nil, variant: String? = nil, now: Int
    ) throws(ControlError) {
        let end = to ?? now
        let begin = from ?? end - 3600
        guard begin < end else {
            throw ControlError(.invalid, "'from' must be before 'to'", field: "from")
        }
        let length = end - begin
        // Any length will do that no sum of times goes beyond.
        let longestStep = 1 << 40
        let step = step ?? Self.usualStep(length, age: now - begin)
        guard step >= 1, step <= longestStep else {
            throw ControlError(
                .invalid, "'step' must be from 1 to \(longestStep) seconds, got \(step)", field: "step")
        }
        guard length / step < Self.mostPoints else {
            throw ControlError(
                .invalid,
                "steps of \(step) s make \(length / step) points of this window, and \(Self.mostPoints) are the most",
                field: "step", hint: "ask for longer steps, or for less time")
        }
        self.step = step
        self.version = version
        self.variant = variant
        self.from = Self.floor(begin, step)
        self.to = Self.floor(end + step - 1, step)
        try checkAge(now: now)
    }

    /// Steps that are finer than what is kept of that time would be answered with nothing.
    private func checkAge(now: Int) throws(ControlError) {
        // Files go as a whole, so that a little more is there than has to be.
        guard now - from > level.keep + level.segmentSeconds, level != .hours else { return }
        let coarser: SeriesLevel = level == .seconds ? .minutes : .hours
        throw ControlError(
            .invalid,
            "\(level.word) are kept for \(level.keep / 3600) h, and the window begins \((now - from) / 3600) h ago",
            field: "step", hint: "ask for a step of \(coarser.unit) seconds or a multiple of that")
    }

    private static func usualStep(_ length: Int, age: Int) -> Int {
        let level: SeriesLevel =
            if age <= SeriesLevel.seconds.keep, length <= 10 * usualPoints {
                .seconds
            } else if age <= SeriesLevel.minutes.keep + SeriesLevel.minutes.segmentSeconds {
                .minutes
            } else {
                .hours
            }
        let wanted = max(1, length / usualPoints)
        return (wanted + level.unit - 1) / level.unit * level.unit
    }

    private static func floor(_ time: Int, _ step: Int) -> Int {
        let rest = time % step
        return rest < 0 ? time - rest - step : time - rest
    }
}

/// What an endpoint did in a window of time.
package struct SeriesAnswer: Sendable {
    package var query: SeriesQuery
    /// One for each step, in order; `nil` where nothing was counted.
    package var points: [SeriesCounts?]
    /// Of the whole window.
    package var total: SeriesCounts
    /// By who did it.
    package var arms: [SeriesArm: SeriesCounts]
    /// Bytes of all files of the endpoint, of the whole and not of the window.
    package var bytes: Int

    package init(_ query: SeriesQuery) {
        self.query = query
        points = Array(repeating: nil, count: max(0, (query.to - query.from) / query.step))
        total = SeriesCounts()
        arms = [:]
        bytes = 0
    }

    mutating func add(_ frame: SeriesFrame) {
        guard frame.start >= query.from, frame.start < query.to else { return }
        let index = (frame.start - query.from) / query.step
        guard points.indices.contains(index) else { return }
        for (arm, counts) in frame.arms {
            if let version = query.version, arm.version != version { continue }
            if let variant = query.variant, arm.variant != variant { continue }
            points[index] = points[index] ?? SeriesCounts()
            points[index]?.add(counts)
            total.add(counts)
            arms[arm, default: SeriesCounts()].add(counts)
        }
    }
}
