import Foundation
import Statistics

/// Rows without end, drawn from those of a real data set: whole rows, so that its features depend on each other as they
/// do, with a little noise on those that are continuous. Used by the tests here and by the package `Simulations`.
struct SimulatedRows: Sendable {
    /// What is changed in one column.
    enum Change: Sendable, Hashable {
        case none
        /// Everything is moved by so many standard deviations.
        case shift(Double)
        /// The distance of each value from the mean is so many times as large.
        case scale(Double)
        /// This share more of the values is missing.
        case missing(Double)
        /// This share of the texts is another one than ever before.
        case newCategory(Double)
        /// Rows with large values come more often: by e to so many standard deviations.
        case covariate(Double)
    }

    /// Of the noise, in standard deviations of the column.
    private static let noise = 0.2
    /// The first column misses this share of its values from the beginning.
    static let missingShare = 0.02

    let name: String
    let columns: [String]
    private let rows: [[Double]]
    let means: [Double]
    let deviations: [Double]
    private let isContinuous: [Bool]
    /// Of the second column, a text: where one category ends and the next begins.
    private let thirds: [Double]

    /// - Parameter path: a CSV file of numbers with a header.
    init(_ path: String) throws {
        let lines = try String(contentsOfFile: path, encoding: .utf8).split(whereSeparator: \.isNewline)
        name = URL(filePath: path).deletingLastPathComponent().lastPathComponent
        columns = lines.first?.split(separator: ",").map(String.init) ?? []
        rows = lines.dropFirst().map { $0.split(separator: ",").map { Double($0) ?? .nan } }
        var (means, deviations, isContinuous) = ([Double](), [Double](), [Bool]())
        for column in columns.indices {
            let values = rows.map { $0[column] }
            let mean = values.reduce(0, +) / Double(values.count)
            means.append(mean)
            deviations.append(
                (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)).squareRoot())
            isContinuous.append(Set(values).count > 32)
        }
        (self.means, self.deviations, self.isContinuous) = (means, deviations, isContinuous)
        let second = rows.map { $0[1] }.sorted()
        thirds = [second[second.count / 3], second[2 * second.count / 3]]
    }

    /// Columns whose values are many, but for the first two, which are used for missing values and texts.
    var continuous: [Int] { columns.indices.filter { $0 > 1 && isContinuous[$0] } }

    /// One row, with `change` in `column`.
    func draw(_ column: Int, _ change: Change, with random: inout Xoshiro256) -> [Double] {
        var row = rows[random.below(rows.count)]
        if case .covariate(let power) = change, deviations[column] > 0 {
            while true {
                let score = min(3, max(-3, (row[column] - means[column]) / deviations[column]))
                if random.uniform() < exp(power * score - 3 * abs(power)) { break }
                row = rows[random.below(rows.count)]
            }
        }
        for place in row.indices where isContinuous[place] {
            row[place] += Self.noise * deviations[place] * random.normal()
        }
        if random.uniform() < Self.missingShare { row[0] = .nan }
        switch change {
        case .shift(let size): row[column] += size * deviations[column]
        case .scale(let size): row[column] = means[column] + size * (row[column] - means[column])
        case .missing(let share): if random.uniform() < share { row[column] = .nan }
        case .none, .newCategory, .covariate: break
        }
        return row
    }

    /// The second column as a text.
    func text(_ row: [Double], _ change: Change, with random: inout Xoshiro256) -> String {
        if case .newCategory(let share) = change, random.uniform() < share { return "other" }
        return row[1] < thirds[0] ? "low" : row[1] < thirds[1] ? "middle" : "high"
    }
}

extension Xoshiro256 {
    mutating func uniform() -> Double { (Double(next() >> 11) + 0.5) / 9_007_199_254_740_992 }

    /// By Box and Muller.
    mutating func normal() -> Double { (-2 * log(uniform())).squareRoot() * cos(2 * .pi * uniform()) }
}
