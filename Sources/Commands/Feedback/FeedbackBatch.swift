import ManagementAPI

/// Items that are sent together, and what has come of all so far.
struct FeedbackBatch {
    /// Items and bytes of one request.
    static let mostItems = 20_000
    static let mostBytes = 4 << 20

    /// What is printed at the end.
    struct Report: Codable, Hashable {
        var items = 0
        /// Lines of the file that have no truth yet.
        var skipped = 0
        var answer = FeedbackAnswer()
    }

    private(set) var bytes: [UInt8] = []
    /// For each item the line of the file that it comes from.
    private var lines: [Int] = []
    private(set) var report = Report()

    var isFull: Bool { lines.count >= Self.mostItems || bytes.count >= Self.mostBytes }
    var isEmpty: Bool { lines.isEmpty }

    mutating func append(line: Int, _ write: (inout [UInt8]) -> Bool) {
        guard write(&bytes) else {
            report.skipped += 1
            return
        }
        lines.append(line)
    }

    /// It was sent; `answer` is what came of it. Refusals are told by lines of the file.
    mutating func sent(_ answer: FeedbackAnswer) {
        report.items += lines.count
        report.answer.accepted += answer.accepted
        report.answer.joined += answer.joined
        report.answer.waiting += answer.waiting
        report.answer.duplicates += answer.duplicates
        report.answer.changed += answer.changed
        report.answer.outdated += answer.outdated
        report.answer.refused += answer.refused
        report.answer.rows += answer.rows
        for refusal in answer.refusals where report.answer.refusals.count < 20 {
            let line = lines.indices.contains(refusal.item) ? lines[refusal.item] : refusal.item
            report.answer.refusals.append(FeedbackAnswer.Refusal(item: line, reason: refusal.reason))
        }
        bytes.removeAll(keepingCapacity: true)
        lines.removeAll(keepingCapacity: true)
    }
}
