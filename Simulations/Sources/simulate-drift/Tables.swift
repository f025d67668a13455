import Drift
import Foundation
import Statistics

/// One line of a table.
private func say(_ cells: [String]) {
    print(
        zip(cells, [16, 16, 12, 12, 10, 14, 0])
            .map { $0.padding(toLength: max($1, $0.count), withPad: " ", startingAt: 0) }.joined(separator: " "))
    fflush(nil)
}

/// What is found; returns how many lines are not as demanded.
func detections(_ sets: [SimulatedRows], windows: Int) async -> Int {
    say(["data set", "drift", "reference", "windows", "found", "demanded"])
    var missed = 0
    for reference in [400, 1_000, 5_000] {
        for drift in SimulatedDrift.allCases {
            let found = await withTaskGroup(of: (Int, Detection).self) { group in
                for (place, set) in sets.enumerated() {
                    group.addTask { (place, Detection(drift, in: set, reference: reference, windows: windows)) }
                }
                return await group.reduce(into: []) { $0.append($1) }
            }
            var all = Detection()
            for (place, detection) in found.sorted(by: { $0.0 < $1.0 }) where detection.windows > 0 {
                all.windows += detection.windows
                all.found += detection.found
                say([
                    sets[place].name, drift.rawValue, "\(reference)", "\(detection.windows)", percent(detection.share),
                ])
            }
            let isMet = all.share >= 0.95
            if !isMet { missed += 1 }
            say([
                "all", drift.rawValue, "\(reference)", "\(all.windows)", percent(all.share),
                ">= 95%" + (isMet ? "" : " MISSED"),
            ])
        }
    }
    return missed
}

private func percent(_ share: Double) -> String { "\((share * 1_000).rounded() / 10)%" }

/// How often drift is said where there is none; returns how many lines are not as demanded.
func falseAlarms(_ set: SimulatedRows, months: Int) async -> Int {
    let cases = [400, 1_000, 5_000].flatMap { reference in [50, 200, 1_000].map { (reference, $0) } }
    say(["reference", "rows an hour", "months", "windows", "alarms", "suspicious", "demanded"])
    var all = FalseAlarms()
    for (place, (reference, rowsPerHour)) in cases.enumerated() {
        // Most months where chance has the most room: small references and thin traffic.
        let share = rowsPerHour == 50 ? 6 : rowsPerHour == 200 ? 3 : 1
        let count = max(1, (months * share + 29) / 30)
        let total = await withTaskGroup(of: FalseAlarms.self) { group in
            for month in 1...count {
                group.addTask {
                    FalseAlarms(
                        set, reference: reference, rowsPerHour: rowsPerHour, seed: UInt64(place * 10_000 + month))
                }
            }
            return await group.reduce(into: FalseAlarms()) { $0.add($1) }
        }
        all.add(total)
        say([
            "\(reference)", "\(rowsPerHour)", "\(total.months)", "\(total.windows)", "\(total.alarms)",
            "\(total.suspicions)",
        ])
        for reason in total.reasons { print("    " + reason) }
    }
    let isMet = all.rate <= 0.1
    say([
        "all", "", "\(all.months)", "\(all.windows)", "\(all.alarms)", "\(all.suspicions)",
        "<= 0.1 a month: \((all.rate * 1_000).rounded() / 1_000)" + (isMet ? "" : " MISSED"),
    ])
    return isMet ? 0 : 1
}
