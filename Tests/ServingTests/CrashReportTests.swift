import Testing

@testable import Serving

@Suite struct CrashReportTests {
    private let report = CrashReport(
        signal: 11, at: 1_764_000_000, phase: .run, space: "default", endpoint: "iris", revision: 3, digest: "ab12")

    @Test func `a report is read as it was written`() {
        var other = report
        other.phase = .load
        other.endpoint = "churn.v2"
        #expect(CrashReport.read(report.text + other.text) == [report, other])
    }

    @Test func `a report that is cut off anywhere is left out, and the one before it stays`() {
        let text = report.text
        for length in 0..<(text.utf8.count - 1) {
            let cut = text + String(decoding: text.utf8.prefix(length), as: UTF8.self)
            #expect(CrashReport.read(cut) == [report], "\(length) bytes of the second")
        }
    }

    @Test(arguments: [
        "", "end\n", "crash\nend\n", "crash\nsignal x\nend\n", "crash\n\n\nend\n", "nonsense",
        "crash\ncrash\nend\nend\n",
    ])
    func `what is no report is none`(text: String) {
        #expect(CrashReport.read(text).isEmpty)
    }
}
