import Journal
import Monitoring
import Registry
import Serving
import Tensors

/// Counts what replaying shows. Its memory does not grow with the number of predictions.
struct ReplayTally {
    /// Distinct messages of failures, and changes of class of one output, that are told apart.
    private static let failuresKept = 16
    private static let changesKept = 256
    private static let changesTold = 10
    private static let elementsKept = 16
    /// Outputs that only the ledger has, by name.
    private static let namesKept = 64

    private(set) var report: ReplayReport
    private let listed: Int
    /// By output: the sum of the largest differences.
    private var sums: [Double] = []
    private var changes: [[RowClasses.Change: Int]] = []
    private var skipped: [SkipReason: (count: Int, example: String?)] = [:]
    /// As `report.disagreements`, for what they are sorted by.
    private var badnesses: [Double] = []
    private let recordedLatency = LatencyHistogram()
    private let replayedLatency = LatencyHistogram()

    init(_ order: ReplayOrder) {
        listed = order.listed
        report = ReplayReport(
            space: order.space, endpoint: order.endpoint, model: order.version.model, version: order.version.number)
        for output in order.version.description.signature.outputs {
            report.outputs.append(ReplayReport.Output(name: output.name))
            sums.append(0)
            changes.append([:])
        }
    }

    mutating func skipped(_ refusal: ReplayedRequest.Refusal) {
        report.read += 1
        let known = skipped[refusal.reason]
        skipped[refusal.reason] = (
            (known?.count ?? 0) + 1, known?.example ?? refusal.why.map { String($0.prefix(300)) }
        )
    }

    mutating func failed(_ row: LedgerRow, _ message: String) {
        report.read += 1
        report.failed += 1
        note(row)
        let message = String(message.prefix(300))
        if let place = report.failures.firstIndex(where: { $0.message == message }) {
            report.failures[place].predictions += 1
        } else if report.failures.count < Self.failuresKept {
            report.failures.append(
                ReplayReport.Failure(message: message, predictions: 1, prediction: row.prediction.text))
        }
    }

    /// Both have answered.
    mutating func compared(
        _ row: LedgerRow, _ replayed: ReplayedRequest, _ answers: ShadowComparison.Answers, nanoseconds: UInt64
    ) {
        report.read += 1
        note(row)
        report.answeredBy[row.version, default: 0] += 1
        recordedLatency.record(row.nanoseconds)
        replayedLatency.record(nanoseconds)
        for name in replayed.missing { count(name, \.missing) }
        for name in replayed.leftOut { count(name, \.leftOut) }
        let classes = RowClasses(answers)
        var rowsApart = 0
        var isEqual = true
        for row in 0..<answers.rows {
            let isSame = add(row, answers, classes)
            isEqual = isEqual && isSame
            if answers.isApart(row) { rowsApart += 1 }
        }
        report.predictions.add(isApart: rowsApart > 0, isEqual: isEqual)
        if rowsApart > 0 { list(row, answers, rowsApart: rowsApart) }
    }

    /// As far as it is.
    func finished(damaged: Int, stopped: String?) -> ReplayReport {
        var report = report
        for place in report.outputs.indices where place < sums.count {
            let rows = report.outputs[place].rows.count
            if rows > 0 {
                report.outputs[place].meanDifference = min(sums[place] / Double(rows), .greatestFiniteMagnitude)
            }
            report.outputs[place].changes =
                changes[place].map { ReplayReport.ClassChange(from: $0.key.from, to: $0.key.to, rows: $0.value) }
                .sorted { ($1.rows, $0.from, $0.to) < ($0.rows, $1.from, $1.to) }
            report.outputs[place].changes.removeLast(max(0, report.outputs[place].changes.count - Self.changesTold))
        }
        report.skipped = SkipReason.allCases.compactMap { reason in
            skipped[reason].map { ReplayReport.Skipped(reason: reason, predictions: $0.count, example: $0.example) }
        }
        report.recordedLatency = Self.latency(recordedLatency)
        report.replayedLatency = Self.latency(replayedLatency)
        report.damaged = damaged
        report.stopped = stopped
        return report
    }

    private static func latency(_ histogram: LatencyHistogram) -> ReplayReport.Latency {
        let counts = histogram.snapshot()
        return ReplayReport.Latency(
            p50: LatencyHistogram.quantile(0.5, of: counts), p90: LatencyHistogram.quantile(0.9, of: counts),
            p99: LatencyHistogram.quantile(0.99, of: counts))
    }

    private mutating func note(_ row: LedgerRow) {
        report.oldest = min(report.oldest ?? row.time, row.time)
        report.newest = max(report.newest ?? row.time, row.time)
    }

    /// Outputs that the version has not come behind those that it has.
    private mutating func count(_ name: String, _ path: WritableKeyPath<ReplayReport.Output, Int>) {
        if let place = report.outputs.firstIndex(where: { $0.name == name }) {
            report.outputs[place][keyPath: path] += 1
        } else if report.outputs.count < sums.count + Self.namesKept {
            report.outputs.append(ReplayReport.Output(name: name))
            report.outputs[report.outputs.count - 1][keyPath: path] = 1
        }
    }

    /// True where all outputs of the row are equal.
    private mutating func add(_ row: Int, _ answers: ShadowComparison.Answers, _ classes: RowClasses) -> Bool {
        var isEqual = true
        var hasChanged = false
        for (place, index) in answers.outputs.enumerated() where index < sums.count {
            let badness = answers.badness(row, place)
            isEqual = isEqual && badness == 0
            report.outputs[index].rows.add(isApart: badness > 1, isEqual: badness == 0)
            let difference = answers.difference(row, place)
            report.outputs[index].largestDifference = max(report.outputs[index].largestDifference, difference)
            sums[index] += difference
            guard classes.hasClasses(place) else { continue }
            report.outputs[index].classChanges = report.outputs[index].classChanges ?? 0
            report.classChanges = report.classChanges ?? 0
            guard let change = classes.change(row, place) else { continue }
            hasChanged = true
            report.outputs[index].classChanges? += 1
            if changes[index][change] != nil || changes[index].count < Self.changesKept {
                changes[index][change, default: 0] += 1
            }
        }
        report.rows.add(isApart: answers.isApart(row), isEqual: isEqual)
        if hasChanged { report.classChanges? += 1 }
        return isEqual
    }

    /// Keeps it where it is among the furthest.
    private mutating func list(_ row: LedgerRow, _ answers: ShadowComparison.Answers, rowsApart: Int) {
        var (badness, worst, place) = (0.0, 0, 0)
        for candidate in 0..<answers.rows {
            for output in answers.outputs.indices where answers.badness(candidate, output) > badness {
                (badness, worst, place) = (answers.badness(candidate, output), candidate, output)
            }
        }
        guard listed > 0, badnesses.count < listed || badness > badnesses[badnesses.count - 1] else { return }
        func elements(_ tensor: Tensor) -> [String] {
            let length = tensor.shape.elementCount / max(1, answers.rows)
            return tensor.texts(from: worst * length, count: min(length, Self.elementsKept))
        }
        let index = answers.outputs[place]
        let found = ReplayReport.Disagreement(
            prediction: row.prediction.text, time: row.time, version: row.version, rows: answers.rows,
            rowsApart: rowsApart, row: worst, output: index < sums.count ? report.outputs[index].name : "",
            badness: badness >= ShadowComparison.unmeasured ? nil : badness, recorded: elements(answers.primary[place]),
            replayed: elements(answers.candidate[place]))
        let position = badnesses.firstIndex { $0 < badness } ?? badnesses.count
        badnesses.insert(badness, at: position)
        report.disagreements.insert(found, at: position)
        if badnesses.count > listed {
            badnesses.removeLast()
            report.disagreements.removeLast()
        }
    }
}
