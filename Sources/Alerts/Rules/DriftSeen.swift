/// The last windows of the live version drifted, by so much that it matters.
package struct DriftSeen: Sendable, Hashable {
    /// Windows in a row that must have drifted.
    package var windows = 1
    /// The largest effect of a feature must be at least this; 0 takes what the drift watch calls drift.
    package var effect = 0.0
    /// Windows without drift that end it.
    package var clearWindows = 2

    package init() {}

    /// What it has seen of windows that closed: a reading is the same until the next one does.
    package struct Memory: Sendable, Hashable {
        var version: Int?
        var window = 0
        var clear = 0
    }

    func observe(_ reading: DriftReading, _ memory: inout Memory) -> Observation {
        let isOther = memory.version.map { $0 != reading.version } ?? false
        if memory.version != reading.version { memory = Memory(version: reading.version) }
        guard reading.window > 0 else {
            // What another version did says nothing of this one.
            return isOther
                ? Observation(.clear, evidence(reading))
                : .unknown("no window of version \(reading.version) has closed")
        }
        let strongest = reading.features.map(\.effect).max() ?? 0
        let isDrift = reading.isDrift && strongest >= effect
        if reading.window != memory.window {
            memory.clear = isDrift ? 0 : memory.clear + 1
            memory.window = reading.window
        }
        let level: Observation.Level =
            if isDrift { reading.inARow >= windows ? .beyond : .between } else {
                memory.clear >= clearWindows || isOther ? .clear : .between
            }
        return Observation(level, evidence(reading))
    }

    private func evidence(_ reading: DriftReading) -> AlertEvidence {
        let names = reading.features.prefix(3).map { "\($0.name) (effect \(Words.number($0.effect)))" }
        let what =
            reading.isDrift
            ? "window \(reading.window) of version \(reading.version) drifted: \(names.joined(separator: ", "))"
            : reading.window == 0
                ? "no window of version \(reading.version) has closed"
                : "window \(reading.window) of version \(reading.version) did not drift"
        var figures = reading.features.prefix(5).map {
            AlertEvidence.Figure($0.name, $0.effect, bound: effect > 0 ? effect : nil, unit: "effect (\($0.test))")
        }
        figures.append(.init("rows", Double(reading.rows), unit: "rows"))
        figures.append(.init("windowsInARow", Double(reading.inARow), bound: Double(windows), unit: "windows"))
        return AlertEvidence(what + "; reference: \(reading.reference)", figures, version: reading.version)
    }
}
