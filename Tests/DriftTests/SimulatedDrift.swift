import Drift
import Foundation
import Statistics

/// An endpoint whose rows are simulated, watched as a server would watch it.
struct SimulatedEndpoint {
    let rows: SimulatedRows
    var watch: DriftWatch
    var random: Xoshiro256

    /// With a reference of so many rows.
    init(_ rows: SimulatedRows, reference: Int, rules: DriftRules, seed: UInt64) {
        self.rows = rows
        var rules = rules
        rules.referenceRows = reference
        random = Xoshiro256(seed: seed)
        watch = DriftWatch(Self.features(rows), references: [], rules: rules)
        for _ in 0..<reference { add(0, .none) }
    }

    static func features(_ rows: SimulatedRows) -> [Feature] {
        rows.columns.indices.map {
            Feature(
                role: .input, tensor: "features", column: $0, aspect: $0 == 1 ? .text : .number,
                label: rows.columns[$0])
        }
    }

    mutating func add(_ column: Int, _ change: SimulatedRows.Change) {
        let row = rows.draw(column, change, with: &random)
        for place in row.indices where place != 1 { watch.add(row[place], at: place) }
        watch.add(rows.text(row, change, with: &random), at: 1)
        watch.endRow()
    }
}

/// A kind of drift, made as large as its stability index says.
enum SimulatedDrift: String, CaseIterable {
    case shift, scale, missing, newCategory = "new category", covariate

    func change(_ size: Double) -> SimulatedRows.Change {
        switch self {
        case .shift: .shift(3 * size)
        case .scale: .scale(1 + 4 * size)
        case .missing: .missing(size)
        case .newCategory: .newCategory(size)
        case .covariate: .covariate(2 * size)
        }
    }

    /// The columns that can drift so.
    func columns(_ rows: SimulatedRows) -> [Int] {
        switch self {
        case .missing: [0]
        case .newCategory: [1]
        case .shift, .scale, .covariate: rows.continuous
        }
    }

    /// The change whose stability index is `wanted` among many rows; `nil` where there is none. What is new has an index
    /// that depends on how many rows did not have it: those of the reference.
    func change(
        of column: Int, in rows: SimulatedRows, index wanted: Double, reference: Int
    ) -> SimulatedRows.Change? {
        var (low, high) = (0.0, 1.0)
        let size = self == .newCategory ? reference : 10_000
        guard index(change(high), column, rows, size) > wanted else { return nil }
        for _ in 0..<14 {
            let middle = (low + high) / 2
            if index(change(middle), column, rows, size) < wanted { low = middle } else { high = middle }
        }
        return change(high)
    }

    private func index(
        _ change: SimulatedRows.Change, _ column: Int, _ rows: SimulatedRows, _ reference: Int
    ) -> Double {
        var random = Xoshiro256(seed: 1)
        var builder = ReferenceBuilder(isText: column == 1, capacity: 10_000)
        func each(
            _ change: SimulatedRows.Change, _ count: Int, _ number: (Double) -> Void, _ text: (String) -> Void
        ) {
            for _ in 0..<count {
                let row = rows.draw(column, change, with: &random)
                if column == 1 { text(rows.text(row, change, with: &random)) } else { number(row[column]) }
            }
        }
        each(.none, reference) {
            builder.add($0)
        } _: {
            builder.add($0)
        }
        let made = builder.reference
        var counts = made.counts
        each(change, 10_000) {
            counts.add($0, against: made)
        } _: {
            counts.add($0, against: made)
        }
        switch (made, counts) {
        case (.numbers(let reference), .numbers(let current)):
            guard self == .missing else { return reference.distances(to: current).stabilityIndex ?? 0 }
            return PopulationStability.index(
                reference: [reference.total, reference.missing],
                current: [Double(current.total), Double(current.missing)]) ?? 0
        case (.texts(let reference), .texts(let current)):
            return reference.distances(to: current).stabilityIndex ?? 0
        default: return 0
        }
    }
}

/// The share of windows in which a drift is seen, at the feature that has it.
struct Detection {
    var windows = 0
    var found = 0
    var share: Double { Double(found) / Double(max(1, windows)) }

    init() {}

    /// - Parameters:
    ///   - reference: its rows.
    ///   - index: the stability index of the drift.
    ///   - windows: of each column that can drift.
    init(
        _ drift: SimulatedDrift, in rows: SimulatedRows, reference: Int, window: Int = 2_000, index: Double = 0.2,
        windows: Int, columns: Int = .max, rules: DriftRules = DriftRules()
    ) {
        for column in drift.columns(rows).prefix(columns) {
            guard let change = drift.change(of: column, in: rows, index: index, reference: reference) else { continue }
            for seed in 1...max(1, windows) {
                var endpoint = SimulatedEndpoint(rows, reference: reference, rules: rules, seed: UInt64(seed))
                for _ in 0..<window { endpoint.add(column, change) }
                let finding = endpoint.watch.pass(seconds: 3_600, now: 0)
                self.windows += 1
                if finding?.features[column].verdict == .drift { found += 1 }
            }
        }
    }
}

/// Windows that say drift where there is none.
struct FalseAlarms {
    var months = 0
    var windows = 0
    var alarms = 0
    var suspicions = 0
    /// What each alarm was about.
    var reasons: [String] = []
    var rate: Double { Double(alarms) / Double(max(1, months)) }

    /// One month of hourly windows after a reference of its own.
    init(_ rows: SimulatedRows, reference: Int, rowsPerHour: Int, hours: Int = 720, seed: UInt64) {
        var rules = DriftRules()
        rules.leastRows = min(rules.leastRows, rowsPerHour)
        var endpoint = SimulatedEndpoint(rows, reference: reference, rules: rules, seed: seed)
        months = 1
        for _ in 0..<hours {
            for _ in 0..<rowsPerHour { endpoint.add(0, .none) }
            guard let finding = endpoint.watch.pass(seconds: 3_600, now: 0) else { continue }
            windows += 1
            if finding.verdict == .drift { alarms += 1 }
            for one in finding.features where one.verdict == .drift {
                reasons.append("\(one.feature.label): \(one.strongest) \(one.effect), \(one.adjusted)")
            }
            if finding.verdict == .suspicious { suspicions += 1 }
        }
    }

    init() {}

    mutating func add(_ other: FalseAlarms) {
        months += other.months
        windows += other.windows
        alarms += other.alarms
        suspicions += other.suspicions
        reasons += other.reasons
    }
}
