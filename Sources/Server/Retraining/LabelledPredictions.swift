import Journal
import Quality
import Retraining

/// Predictions with their truths, as rows to train on.
struct LabelledPredictions: LabelledRows {
    let quality: QualityService

    func joined(space: String, endpoint: String, since: Timestamp) async -> Int? {
        try? await quality.labelledCount(space: space, endpoint: endpoint, since: since)
    }

    func export(space: String, endpoint: String, rows: Int, to path: String) async throws(ControlError) -> Bool {
        try await quality.exportLabelled(space: space, endpoint: endpoint, rows: rows, to: path) > 0
    }
}
