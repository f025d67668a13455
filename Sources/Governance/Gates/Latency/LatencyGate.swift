import InferenceProtocol
package import Journal
package import Registry
import Runtimes
import Serving
import Statistics
import Tensors

/// Measures how fast the candidate answers in a worker process, against limits, and side by side with the champion in a
/// worker of its own.
///
/// A limit in milliseconds or requests is held against the figure as it is. A ratio to the champion is held against its
/// interval, drawn over rounds: the candidate fails only when the whole interval is worse than allowed.
package struct LatencyGate: Gate {
    package let name: String
    package let kind = GateKind.latency
    private let rule: LatencyRule
    private let data: any DataSetReading
    private let scorer: any ModelScoring
    private let clock: any WallClock
    private let nanoseconds: @Sendable () -> UInt64

    /// - Parameter nanoseconds: what durations are measured with.
    package init(
        name: String, rule: LatencyRule, data: any DataSetReading, scorer: any ModelScoring,
        clock: any WallClock = SystemClock(),
        nanoseconds: @escaping @Sendable () -> UInt64 = MonotonicClock.nanoseconds
    ) {
        self.name = name
        self.rule = rule
        self.data = data
        self.scorer = scorer
        self.clock = clock
        self.nanoseconds = nanoseconds
    }

    package func run(
        on subject: GateSubject, progress: @escaping @Sendable (String) -> Void
    ) async -> GateReport {
        let startedAt = Timestamp(microseconds: clock.now)
        var report: GateReport
        do throws(ControlError) {
            report = try await measure(subject, progress)
        } catch {
            report = .error(name, kind, error)
        }
        report.startedAt = startedAt
        report.endedAt = Timestamp(microseconds: clock.now)
        return report
    }

    private func measure(
        _ subject: GateSubject, _ progress: @escaping @Sendable (String) -> Void
    ) async throws(ControlError) -> GateReport {
        try rule.validate()
        var table: DataTable?
        if let dataset = rule.dataset {
            table = try await data.table(dataset.name, version: dataset.version, space: subject.target)
        }
        let work = GateWork(seconds: rule.timeoutSeconds, clock: nanoseconds)
        return try await work.run { [table] () throws(ControlError) in
            try report(subject, table, work, progress)
        }
    }

    /// Blocks.
    private func report(
        _ subject: GateSubject, _ table: DataTable?, _ work: GateWork,
        _ progress: @escaping @Sendable (String) -> Void
    ) throws(ControlError) -> GateReport {
        let requests = try requests(subject.candidate, table)
        var versions = [try load(subject.candidate, requests, work, progress)]
        var notes = ["Measured with \(requests.origin), by \(FigureText.count(rule.callers, "caller")) at a time."]
        if let champion = subject.champion {
            do throws(ControlError) {
                versions.append(
                    try load(champion, try self.requests(champion, like: requests, table), work, progress))
                notes.append("The champion is \(champion.label), measured in turn with the candidate.")
            } catch {
                guard !rule.comparesWithChampion, work.isWanted else { throw error }
                notes.append("The champion, \(champion.label), could not be measured: \(error.message)")
            }
        }
        let measurement = LatencyMeasurement(rule: rule, work: work, clock: nanoseconds)
        let samples = try measurement.measure(versions, progress: progress)
        for (version, sample) in zip(versions, samples) where sample.requests < rule.minimumRequests {
            throw ControlError(
                .unavailable,
                "\(version.label) answered \(FigureText.count(sample.requests, "request")) in its share of "
                    + "\(rule.seconds) s, too few to say anything", field: "minimumRequests",
                hint: "give it more 'seconds', or ask for fewer with 'minimumRequests'")
        }
        let judge = LatencyJudge(
            rule: rule, candidate: samples[0], champion: samples.count > 1 ? samples[1] : nil, work: work)
        let figures = try judge.figures()
        return GateReport(
            gate: name, kind: kind, outcome: figures.contains { $0.passed == false } ? .failed : .passed,
            summary: judge.sentence(figures), figures: figures, notes: notes + judge.method)
    }

    // MARK: - What is measured

    private func requests(_ version: ModelVersion, _ table: DataTable?) throws(ControlError) -> LatencyRequests {
        if let table { return try LatencyRequests(table, rule, version) }
        if rule.requests != .madeUp {
            let golden: [GoldenRequest]
            do throws(ModelLoadError) {
                golden = try scorer.goldenRequests(of: version)
            } catch {
                throw ControlError(
                    .loadFailed, "the golden requests of \(version.label) cannot be read: \(error.message)")
            }
            if !golden.isEmpty { return LatencyRequests(golden: golden, version) }
            guard rule.requests != .golden else {
                throw ControlError(
                    .invalid, "\(version.label) has no golden requests", field: "requests",
                    hint: "push it with --golden, or measure with a data set")
            }
        }
        return try LatencyRequests(madeUpFor: version)
    }

    /// For the champion: the same rows of the data set, in its own inputs; or the candidate's very requests.
    private func requests(
        _ champion: ModelVersion, like requests: LatencyRequests, _ table: DataTable?
    ) throws(ControlError) -> LatencyRequests {
        if let table { return try LatencyRequests(table, rule, champion) }
        guard let misfit = requests.misfit(champion) else { return requests.ordered(for: champion) }
        throw ControlError(
            .invalid, "the champion, \(champion.label), cannot be asked the same: \(misfit)", field: "requests",
            hint: "measure both with a data set")
    }

    private func load(
        _ version: ModelVersion, _ requests: LatencyRequests, _ work: GateWork, _ progress: (String) -> Void
    ) throws(ControlError) -> MeasuredVersion {
        try work.check()
        progress("\(version.label): loading")
        do throws(ModelLoadError) {
            return MeasuredVersion(
                label: version.label, instance: try scorer.load(version, runs: rule.callers), requests: requests,
                outputs: Array(version.description.signature.outputs.indices))
        } catch {
            throw ControlError(.loadFailed, "\(version.label) cannot be loaded: \(error.message)")
        }
    }
}
