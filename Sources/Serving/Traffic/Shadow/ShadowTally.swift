import Synchronization
import Tensors

/// What comparing a candidate with the primary has shown so far; bounded, whatever comes.
final class ShadowTally: Sendable {
    /// Values of the segment input that are told apart.
    static let segmentsKept = 64
    /// Elements of a row that are kept of a worst row.
    fileprivate static let elementsKept = 16

    fileprivate struct Outcome {
        var reading: ShadowReading
        /// By output: the sum of the largest difference of each row.
        var differences: [Double]
        /// By value: its place among the reading's segments.
        var segments: [String?: Int] = [:]
    }

    private enum Counter: Int {
        case mirrored, dropped
    }

    private let counters = StripedCounters(2)
    private let primaryLatency = LatencyHistogram()
    private let candidateLatency = LatencyHistogram()
    private let outcome: Mutex<Outcome>

    init(rollout: Int, variant: String, _ signature: Signature) {
        outcome = Mutex(
            Outcome(
                reading: ShadowReading(
                    rollout: rollout, variant: variant,
                    outputs: signature.outputs.map { ShadowReading.Output(name: $0.name) }),
                differences: signature.outputs.map { _ in 0 }))
    }

    /// A request was to be mirrored. On the primary's way: no lock.
    func offered(isTaken: Bool) {
        counters.mine.add(1, to: Counter.mirrored.rawValue)
        if !isTaken { counters.mine.add(1, to: Counter.dropped.rawValue) }
    }

    /// One that was taken got no answer after all, by no fault of the candidate.
    func dropped() { counters.mine.add(1, to: Counter.dropped.rawValue) }

    func failed(_ why: String) {
        outcome.withLock { outcome in
            outcome.reading.errors &+= 1
            outcome.reading.lastError = String(why.prefix(500))
        }
    }

    /// How long both took with one request, in nanoseconds.
    func timed(primary: UInt64, candidate: UInt64) {
        primaryLatency.record(primary)
        candidateLatency.record(candidate)
    }

    /// Both have answered.
    func compared(_ answers: ShadowComparison.Answers, of prediction: PredictionID) {
        outcome.withLock { outcome in
            outcome.reading.compared.requests &+= 1
            var isApart = false
            for row in 0..<answers.rows {
                outcome.add(row, answers)
                guard answers.isApart(row) else { continue }
                isApart = true
                outcome.keepIfWorst(row, answers, prediction)
            }
            if isApart { outcome.reading.compared.requestsApart &+= 1 }
        }
    }

    func reading() -> ShadowReading {
        var reading = outcome.withLock { outcome in
            var reading = outcome.reading
            for index in reading.outputs.indices where reading.outputs[index].rows > 0 {
                reading.outputs[index].meanDifference = outcome.differences[index] / Double(reading.outputs[index].rows)
            }
            return reading
        }
        reading.mirrored = counters.sum(Counter.mirrored.rawValue)
        reading.dropped = counters.sum(Counter.dropped.rawValue)
        reading.primaryLatency = primaryLatency.snapshot()
        reading.candidateLatency = candidateLatency.snapshot()
        return reading
    }
}

extension ShadowTally.Outcome {
    fileprivate mutating func add(_ row: Int, _ answers: ShadowComparison.Answers) {
        let isApart = answers.isApart(row)
        reading.compared.rows &+= 1
        if isApart { reading.compared.rowsApart &+= 1 }
        for (place, index) in answers.outputs.enumerated() where reading.outputs.indices.contains(index) {
            reading.outputs[index].rows &+= 1
            if answers.areAlike { continue }
            if answers.badness(row, place) > 1 { reading.outputs[index].rowsApart &+= 1 }
            reading.outputs[index].largestDifference = max(
                reading.outputs[index].largestDifference, answers.difference(row, place))
            differences[index] += answers.difference(row, place)
        }
        guard let value = answers.segment(row) else { return }
        let place = segment(of: value)
        reading.segments[place].rows &+= 1
        if isApart { reading.segments[place].rowsApart &+= 1 }
    }

    /// Where rows with this value are counted.
    private mutating func segment(of value: String) -> Int {
        if let known = segments[value] { return known }
        let isFull = segments.count - (segments[nil] == nil ? 0 : 1) >= ShadowTally.segmentsKept
        let key: String? = isFull ? nil : value
        if let known = segments[key] { return known }
        reading.segments.append(ShadowReading.Segment(value: key))
        segments[key] = reading.segments.count - 1
        return reading.segments.count - 1
    }

    fileprivate mutating func keepIfWorst(
        _ row: Int, _ answers: ShadowComparison.Answers, _ prediction: PredictionID
    ) {
        guard let place = answers.outputs.indices.max(by: { answers.badness(row, $0) < answers.badness(row, $1) })
        else { return }
        let badness = answers.badness(row, place)
        let kept = reading.worst
        guard kept.count < ShadowReading.worstKept || badness > kept[kept.count - 1].badness else { return }
        let length = answers.primary[place].shape.elementCount / answers.rows
        let other = answers.candidate[place].shape.elementCount / answers.rows
        let output = answers.outputs[place]
        let name = reading.outputs.indices.contains(output) ? reading.outputs[output].name : ""
        let worst = ShadowReading.WorstRow(
            prediction: prediction.text, row: row, segment: answers.segment(row), output: name, badness: badness,
            primary: answers.primary[place].texts(
                from: row * length, count: min(length, ShadowTally.elementsKept)),
            candidate: answers.candidate[place].texts(
                from: row * other, count: min(other, ShadowTally.elementsKept)))
        let position = kept.firstIndex { $0.badness < badness } ?? kept.count
        reading.worst.insert(worst, at: position)
        if reading.worst.count > ShadowReading.worstKept { reading.worst.removeLast() }
    }
}
