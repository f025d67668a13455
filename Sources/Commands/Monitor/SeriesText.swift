import ManagementAPI

/// A stretch of an endpoint's time series for people.
enum SeriesText {
    /// `1,234 requests (0.34/s), 2 errors (0.16%), p50 0.8 ms, p99 2 ms`, then how it went, where somebody looks.
    static func lines(_ series: SeriesInfo, isTerminal: Bool) -> [String] {
        let seconds = series.step * series.points.count
        var lines = [summary(series.total, seconds: seconds)]
        let requests = series.points.map { $0.counts?.requests ?? 0 }
        if isTerminal, requests.contains(where: { $0 > 0 }) {
            lines.append(bars(requests) + "  requests, each \(NumberText.duration(seconds: Double(series.step)))")
        }
        return lines
    }

    static func versions(_ series: SeriesInfo) -> [String] {
        series.versions.map { version in
            let name = version.variant.map { " \($0)" } ?? ""
            return "\(version.version)\(name) (revision \(version.revision)): "
                + summary(version.counts, seconds: series.step * series.points.count)
        }
    }

    private static func summary(_ counts: SeriesCountsInfo, seconds: Int) -> String {
        let requests = counts.requests ?? 0
        guard requests > 0 else { return "no requests" }
        var parts = ["\(NumberText.count(requests)) request\(requests == 1 ? "" : "s") (\(rate(requests, seconds))/s)"]
        let errors = counts.errors ?? 0
        parts.append(errors == 0 ? "no errors" : "\(NumberText.count(errors)) errors (\(share(errors, of: requests)))")
        let refused = (counts.failures ?? 0) - errors
        if refused > 0 { parts.append("\(NumberText.count(refused)) refused") }
        if let latency = counts.latency {
            parts.append(
                "p50 \(NumberText.milliseconds(latency.p50)) ms, p99 \(NumberText.milliseconds(latency.p99)) ms")
        }
        return parts.joined(separator: ", ")
    }

    private static func rate(_ count: Int, _ seconds: Int) -> String {
        let rate = Double(count) / Double(max(1, seconds))
        switch rate {
        case ..<0.1: return NumberText.fixed(rate, 3)
        case ..<10: return NumberText.fixed(rate, 2)
        default: return NumberText.count(Int(rate.rounded()))
        }
    }

    private static func share(_ part: Int, of whole: Int) -> String {
        let percent = 100 * Double(part) / Double(whole)
        return NumberText.fixed(percent, percent < 1 ? 2 : 1) + "%"
    }

    private static let blocks = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]

    /// One block for each number, the largest full; a blank for none.
    static func bars(_ numbers: [Int]) -> String {
        let most = max(1, numbers.max() ?? 1)
        return numbers.map { number in
            guard number > 0 else { return " " }
            return blocks[min(blocks.count - 1, Int(Double(number) / Double(most) * Double(blocks.count - 1)))]
        }.joined()
    }
}
