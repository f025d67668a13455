import Foundation

// simulate-drift EXAMPLES [MONTHS [WINDOWS [WORD]]]: what is found of drift in windows of rows from the data sets of
// EXAMPLES, and how often drift is said where there is none; ends with 1 when one is not as demanded.

let arguments = Array(CommandLine.arguments.dropFirst())
let folder = arguments.first ?? "examples"
let months = arguments.dropFirst().first.flatMap { Int($0) } ?? 200
let windows = arguments.dropFirst(2).first.flatMap { Int($0) } ?? 20
let word = arguments.dropFirst(3).first
let sets = try ["breast-cancer", "diabetes", "digits", "wine-gbdt"].map {
    try SimulatedRows("\(folder)/\($0)/heldout.csv")
}

var missed = 0
if word.map("detection".contains) ?? true { missed += await detections(sets, windows: windows) }
if word.map("false alarms".contains) ?? true { missed += await falseAlarms(sets[0], months: months) }
exit(missed == 0 ? 0 : 1)
