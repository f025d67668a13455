import ArgumentParser
import ManagementAPI
import SlipwayClient
import Statistics

struct RolloutSampleSize: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sample-size", abstract: "Say how many outcomes an A/B rollout needs to show an effect.",
        discussion: """
            For a share (who buys, who returns): --base and --effect. For a mean (revenue, minutes): --deviation and \
            --effect. The larger number is for a report that is looked at at any time, as `slipway rollout report` may \
            be; the smaller for one look, when it is reached.
            """)

    @Option(help: "The share in the stable variant: 0.05.")
    var base: Double?

    @Option(help: "The standard deviation of one value, instead of --base.")
    var deviation: Double?

    @Option(help: "The difference that is to be seen: 0.01.")
    var effect: Double

    @Option(help: "The chance of seeing it when it is there.")
    var power = 0.8

    @Option(help: "The chance of seeing one when none is there.")
    var alpha = 0.05

    @Option(help: "Variants that are compared with stable.")
    var candidates = 1

    @Option(help: "Outcomes a day in all; says how many days it takes.")
    var perDay: Double?

    @OptionGroup var global: GlobalOptions

    /// What `--output json` prints.
    struct Report: Encodable {
        var perVariantAtOneLook: Int
        var perVariantAtAnyTime: Int
        var daysAtOneLook: Double?
        var daysAtAnyTime: Double?
    }

    func validate() throws {
        guard (base == nil) != (deviation == nil) else {
            throw ValidationError("either --base or --deviation is needed")
        }
        guard (1...8).contains(candidates) else { throw ValidationError("--candidates is from 1 to 8") }
        guard perDay ?? 1 > 0 else { throw ValidationError("--per-day is above 0") }
    }

    func run() async throws {
        let size =
            if let base {
                SampleSize(base: base, effect: effect, alpha: alpha, power: power, comparisons: candidates)
            } else {
                SampleSize(
                    variances: ((deviation ?? 0) * (deviation ?? 0), (deviation ?? 0) * (deviation ?? 0)),
                    effect: effect, alpha: alpha, power: power, comparisons: candidates)
            }
        guard let size else {
            throw Failure(
                "there is no number of outcomes that shows this",
                hint:
                    "shares and their sum with the effect lie between 0 and 1; the effect is not 0, nor tiny; alpha is "
                    + "below 0.5 and power between 0.01 and 0.9999", code: .usage)
        }
        func days(_ count: Int) -> Double? { perDay.map { Double(count) * Double(candidates + 1) / $0 } }
        let report = Report(
            perVariantAtOneLook: size.atOneLook, perVariantAtAnyTime: size.atAnyTime,
            daysAtOneLook: days(size.atOneLook), daysAtAnyTime: days(size.atAnyTime))
        if global.output == .json { return try Session.printJSON(report, on: .standard) }
        func line(_ what: String, _ count: Int, _ days: Double?) -> [String] {
            [what, NumberText.count(count), days.map { NumberText.fixed($0, 1) } ?? "-"]
        }
        let table = Table(
            columns: [
                .init(title: "LOOKED AT"), .init(title: "OUTCOMES OF EACH VARIANT", isNumber: true),
                .init(title: "DAYS", isNumber: true),
            ],
            rows: [
                line("at any time", size.atAnyTime, report.daysAtAnyTime),
                line("once, at the end", size.atOneLook, report.daysAtOneLook),
            ])
        for text in table.lines(width: nil) { Console.standard.print(text) }
    }
}
