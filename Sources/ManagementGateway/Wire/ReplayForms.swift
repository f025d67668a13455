import Journal
import ManagementAPI
import Replay
import Serving

/// From what replaying shows to what travels.
extension ManagementAPI.ReplayReport {
    init(_ report: Replay.ReplayReport) {
        self.init(
            endpoint: report.endpoint, space: report.space, model: report.model, version: report.version,
            read: report.read, predictions: Compared(report.predictions), failed: report.failed,
            skippedPredictions: report.skippedPredictions, rows: Compared(report.rows),
            classChanges: report.classChanges, oldest: report.oldest?.description, newest: report.newest?.description,
            answeredBy: report.answeredBy.sorted { $0.key < $1.key }
                .map { Answerer(version: $0.key, predictions: $0.value) },
            outputs: report.outputs.map(Output.init),
            skipped: report.skipped.map {
                Skipped(reason: $0.reason.rawValue, predictions: $0.predictions, example: $0.example)
            },
            failures: report.failures.map {
                Failure(message: $0.message, predictions: $0.predictions, prediction: $0.prediction)
            },
            disagreements: report.disagreements.map(Disagreement.init),
            recordedLatency: Latency(report.recordedLatency), replayedLatency: Latency(report.replayedLatency),
            damaged: report.damaged, stopped: report.stopped)
    }
}

extension ManagementAPI.ReplayReport.Compared {
    init(_ compared: Replay.ReplayReport.Compared) {
        self.init(
            count: compared.count, equal: compared.equal, withinTolerance: compared.withinTolerance,
            apart: compared.apart)
    }
}

extension ManagementAPI.ReplayReport.Output {
    init(_ output: Replay.ReplayReport.Output) {
        self.init(
            name: output.name, rows: ManagementAPI.ReplayReport.Compared(output.rows),
            largestDifference: output.largestDifference, meanDifference: output.meanDifference,
            classChanges: output.classChanges,
            changes: output.changes.map {
                ManagementAPI.ReplayReport.ClassChange(from: $0.from, to: $0.to, rows: $0.rows)
            }, missing: output.missing, leftOut: output.leftOut)
    }
}

extension ManagementAPI.ReplayReport.Disagreement {
    init(_ found: Replay.ReplayReport.Disagreement) {
        self.init(
            prediction: found.prediction, time: found.time.description, version: found.version, rows: found.rows,
            rowsApart: found.rowsApart, row: found.row, output: found.output, badness: found.badness,
            recorded: found.recorded, replayed: found.replayed)
    }
}

extension ManagementAPI.ReplayReport.Latency {
    init(_ latency: Replay.ReplayReport.Latency) {
        func milliseconds(_ value: UInt64?) -> Double? { value.map { Double($0) / 1e6 } }
        self.init(p50: milliseconds(latency.p50), p90: milliseconds(latency.p90), p99: milliseconds(latency.p99))
    }
}

extension ShadowPlan.Tolerance {
    init(_ tolerance: ReplayTolerance?) {
        self.init(
            relative: tolerance?.relative ?? Self.standard.relative,
            absolute: tolerance?.absolute ?? Self.standard.absolute)
    }
}
