import Journal
import ManagementAPI
import Quality

extension FeedbackAnswer {
    init(_ receipt: FeedbackReceipt) {
        self.init(
            accepted: receipt.accepted, joined: receipt.joined, waiting: receipt.waiting,
            duplicates: receipt.duplicates, changed: receipt.changed, outdated: receipt.outdated,
            refused: receipt.refused,
            refusals: receipt.refusals.map { Refusal(item: $0.place, reason: $0.reason) }, rows: receipt.rows)
    }
}

extension QualityInfo {
    init(_ report: QualityReport, endpoint: String, space: String) {
        self.init(
            endpoint: endpoint, space: space, configured: report.isConfigured,
            versions: report.versions.map(VersionQualityInfo.init), waiting: report.waiting,
            unusable: report.unusable)
    }
}

extension VersionQualityInfo {
    init(_ quality: VersionQuality) {
        self.init(
            version: quality.version, predictions: quality.predictions, rows: quality.rows,
            labelled: quality.labelled, task: quality.task?.rawValue,
            windows: quality.windows.map(QualityWindowInfo.init))
    }
}

extension QualityWindowInfo {
    init(_ window: QualityWindow) {
        self.init(
            window: window.kind.rawValue, size: window.size, rows: window.rows, from: window.from?.description,
            to: window.to?.description, figures: window.figures.map(QualityFigureInfo.init),
            segments: window.segments.map { segment in
                QualitySegmentInfo(
                    input: segment.input, value: segment.value, rows: segment.rows,
                    figures: segment.figures.map(QualityFigureInfo.init))
            }, notes: window.notes)
    }
}

extension QualityFigureInfo {
    init(_ figure: QualityFigure) {
        self.init(
            metric: figure.metric.description, rows: figure.rows, value: figure.value, low: figure.low,
            high: figure.high, method: figure.method?.rawValue, remark: figure.remark, reference: figure.reference)
    }
}
