import Foundation

// simulate [RUNS [WORD]]: every scenario (those whose name has WORD) RUNS times with the seeds 1, 2, 3 ...; ends with 1
// when one is not as demanded.

let arguments = CommandLine.arguments.dropFirst()
let runs = arguments.first.flatMap { Int($0) } ?? 200
let word = arguments.dropFirst().first

func summary(of rollout: SimulatedRollout) async -> Summary {
    let outcomes = await withTaskGroup(of: (Int, SimulatedRollout.Outcome).self) { group in
        for seed in 1...max(1, runs) { group.addTask { (seed, rollout.run(seed: UInt64(seed))) } }
        return await group.reduce(into: []) { $0.append($1) }
    }
    return Summary(outcomes: outcomes.sorted { $0.0 < $1.0 }.map(\.1))
}

func line(_ cells: [String]) -> String {
    let widths = [42, 12, 8, 8, 8, 10, 8, 32, 0]
    return zip(cells, widths).map { $0.padding(toLength: max($1, $0.count), withPad: " ", startingAt: 0) }
        .joined(separator: " ")
}

print(
    line(["scenario (\(runs) runs)", "rolled back", "median", "95%", "latest", "harmed", "waited", "demanded", ""]))
var missed = 0
for scenario in Scenario.all where word.map(scenario.name.contains) ?? true {
    let summary = await summary(of: scenario.rollout)
    let isMet = scenario.demand.map(summary.meets) ?? true
    if !isMet { missed += 1 }
    var within = ""
    if case .rolledBackAtLeast(_, .some(let seconds)) = scenario.demand {
        within = " (\(summary.rolledBack(within: seconds).percent))"
    }
    print(
        line([
            scenario.name, summary.rolledBack().percent, summary.seconds(0.5).map { "\($0) s" } ?? "-",
            summary.seconds(0.95).map { "\($0) s" } ?? "-", summary.seconds(1).map { "\($0) s" } ?? "-",
            summary.harmed.percent, "\(Int(summary.waited)) s",
            scenario.demand.map { "\($0.words)\(within)" } ?? "-", (isMet ? "" : "MISSED ") + summary.metrics,
        ]))
    fflush(nil)
}
exit(missed == 0 ? 0 : 1)
