import Journal
package import Registry

/// The gate `data`: a data set is what a rule demands, and holdout rows were not trained on.
package struct DataGate: Gate {
    package let name: String
    package var kind: GateKind { .data }

    private let rule: DataRule
    private let dataSets: any DataSetReading
    private let threads = BlockingThreads(name: "slipway.gate.data", width: 1)

    package init(name: String, rule: DataRule, dataSets: any DataSetReading) {
        self.name = name
        self.rule = rule
        self.dataSets = dataSets
    }

    package func run(on subject: GateSubject, progress: @escaping @Sendable (String) -> Void) async -> GateReport {
        var report = GateReport(gate: name, kind: kind, outcome: .error, summary: "")
        do throws(ControlError) {
            try await check(subject, &report, progress)
            conclude(&report)
        } catch {
            report.summary = error.description
        }
        return report
    }

    private func check(
        _ subject: GateSubject, _ report: inout GateReport, _ progress: @Sendable (String) -> Void
    ) async throws(ControlError) {
        if rule.demandsOfData {
            let place = try place(of: rule.dataset, subject)
            progress("reading \(place.reference)")
            let table = try await table(place)
            progress("checking \(LimitText.count(table.rowCount)) rows of \(table.label)")
            let checks = DataChecks(rule: rule)
            report.figures += await threads.run { checks.figures(table) }
            report.notes += [Self.evidence("checked", table), place.doubt].compactMap { $0 }
        }
        guard let leakage = rule.leakage else { return }
        let holdoutPlace = try place(of: leakage.holdout, subject)
        let trainingPlace = try place(of: leakage.training, subject)
        progress("reading \(holdoutPlace.reference) and \(trainingPlace.reference)")
        let holdout = try await table(holdoutPlace)
        let training = try await table(trainingPlace)
        progress("looking for \(LimitText.count(holdout.rowCount)) rows in \(LimitText.count(training.rowCount))")
        let (figure, notes) = await threads.run {
            DataChecks.leakage(leakage, holdout: holdout, training: training)
        }
        report.figures.append(figure)
        report.notes += notes + [Self.evidence("holdout", holdout), Self.evidence("training", training)]
        if let doubt = trainingPlace.doubt, !report.notes.contains(doubt) { report.notes.append(doubt) }
    }

    private func conclude(_ report: inout GateReport) {
        let failed = report.figures.filter { $0.passed == false }
        let all = report.figures.count
        report.outcome = failed.isEmpty ? .passed : .failed
        report.summary =
            failed.isEmpty
            ? (all == 1 ? "the one check passed" : "all \(all) checks passed")
            : "\(failed.count) of \(all) checks failed: " + LimitText.listed(failed.map(\.name))
    }

    private struct Place {
        let reference: DataSetReference
        let space: String
        /// Whether the candidate, not the rule, names the data set.
        let isCandidates: Bool

        /// A version that may be another than the one that was meant.
        var doubt: String? {
            guard isCandidates, reference.version == nil else { return nil }
            return
                "the candidate does not say which version of \(reference.name) it was trained on: the latest was taken"
        }
    }

    /// What the rule names is the target space's, whose policy it is; what the candidate names is its own space's.
    private func place(of named: String?, _ subject: GateSubject) throws(ControlError) -> Place {
        if let named {
            guard let reference = DataSetReference(named) else {
                throw ControlError(.invalid, "'\(Name.excerpt(of: named))' names no data set", field: "dataset")
            }
            return Place(reference: reference, space: subject.target, isCandidates: false)
        }
        let candidate = subject.candidate
        guard let text = candidate.provenance.dataset else {
            throw ControlError(
                .invalid, "\(candidate.label) does not say which data set it was trained on", field: "dataset",
                hint: "push it with --dataset NAME:VERSION, or name a data set in the policy")
        }
        guard let reference = DataSetReference(text) else {
            throw ControlError(
                .invalid,
                "\(candidate.label) says that it was trained on '\(Name.excerpt(of: text))', which names no data set",
                field: "dataset", hint: "push it with --dataset NAME:VERSION, or name a data set in the policy")
        }
        return Place(reference: reference, space: candidate.space, isCandidates: true)
    }

    private func table(_ place: Place) async throws(ControlError) -> DataTable {
        try await dataSets.table(place.reference.name, version: place.reference.version, space: place.space)
    }

    private static func evidence(_ what: String, _ table: DataTable) -> String {
        "\(what): \(table.label), \(LimitText.count(table.rowCount)) rows, SHA-256 \(table.sha256)"
    }
}

extension DataRule {
    /// Whether anything but leakage is asked.
    fileprivate var demandsOfData: Bool {
        columns != nil || onlyTheseColumns != nil || minRows != nil || maxRows != nil || maxDuplicateShare != nil
            || leakage == nil
    }
}
