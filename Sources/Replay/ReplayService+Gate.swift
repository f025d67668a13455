package import Governance
package import Journal
import Monitoring
import Registry
import Serving

/// What a gate wants to know of a candidate: how it answers what was asked before.
extension ReplayService: ReplayEvidence {
    package func finding(
        _ question: ReplayQuestion, progress: @escaping @Sendable (String) -> Void
    ) async throws(ControlError) -> ReplayFinding? {
        guard let endpoint = try await endpoint(question) else { return nil }
        var query = LedgerQuery()
        query.versions = question.versions
        query.exceptVersion = question.exceptVersion
        let run = try await start(
            ReplayOrder(
                space: question.space, endpoint: endpoint, version: question.candidate, query: query,
                limit: question.newest, tolerance: question.tolerance, listed: 3, seconds: question.seconds))
        let result = await withTaskCancellationHandler {
            await Self.result(run, of: question.newest, progress)
        } onCancel: {
            run.cancel()
        }
        return ReplayFinding(try result.get())
    }

    private static func result(
        _ run: ReplayRun, of newest: Int, _ progress: @Sendable (String) -> Void
    ) async -> Result<ReplayReport, ControlError> {
        do throws(ControlError) {
            while true {
                switch try await run.next() {
                case .going: progress("replayed \(run.progress.read) of at most \(newest) predictions")
                case .finished(_, let report): return .success(report)
                }
            }
        } catch {
            return .failure(error)
        }
    }

    /// The one that is named, else the only one there is.
    private func endpoint(_ question: ReplayQuestion) async throws(ControlError) -> String? {
        if let endpoint = question.endpoint { return endpoint }
        let endpoints = await endpoints(of: question.candidate.model, space: question.space)
        guard endpoints.count < 2 else {
            throw ControlError(
                .invalid,
                "\(endpoints.count) endpoints of \(question.space) have predictions of \(question.candidate.model)",
                field: "endpoint", hint: "say which with 'endpoint': \(endpoints.prefix(8).joined(separator: ", "))")
        }
        return endpoints.first
    }
}

extension ReplayFinding {
    fileprivate init(_ report: ReplayReport) {
        self.init(
            endpoint: report.endpoint, read: report.read, compared: report.predictions.count,
            apart: report.predictions.apart, failed: report.failed, rows: report.rows.count,
            classChanges: report.classChanges,
            skipped: report.skipped.map { Skipped(reason: $0.reason.rawValue, predictions: $0.predictions) },
            answeredBy: report.answeredBy.keys.sorted(),
            outputs: report.outputs.filter { $0.rows.count > 0 }.map {
                Output(name: $0.name, largestDifference: $0.largestDifference)
            },
            oldest: report.oldest, newest: report.newest, worst: report.disagreements.map(\.prediction),
            failure: report.failures.first?.message, stopped: report.stopped)
    }
}
