import Journal
import Registry
import Tensors

/// One part of the rows.
struct SegmentRows: Sendable, Hashable {
    /// `region=north`, `30<=age<50`
    var label: String
    var rows: [Int]
    /// Whether the rule names it: then it must be there, and large enough to be judged.
    var isNamed: Bool
}

enum Segments {
    private static let missing = "(missing)"

    /// The parts that `segment` asks for, named ones in the rule's order, others in ascending order.
    static func split(_ table: DataTable, _ segment: HoldoutRule.Segment) throws(ControlError) -> [SegmentRows] {
        let column = try InputPlan.column(segment.column, table)
        if let bins = segment.bins { return try ranges(column, bins) }
        var rows: [String: [Int]] = [:]
        for (row, value) in values(column).enumerated() { rows[value ?? missing, default: []].append(row) }
        if let named = segment.values {
            return named.map {
                SegmentRows(label: "\(column.name)=\($0)", rows: rows[$0] ?? [], isNamed: true)
            }
        }
        guard rows.count <= HoldoutRule.mostSegmentValues else {
            throw ControlError(
                .invalid,
                "the column '\(column.name)' has \(FigureText.grouped(rows.count)) values, and at most "
                    + "\(HoldoutRule.mostSegmentValues) segments are judged", field: "segments",
                hint: "name the values with 'values', or put numbers into ranges with 'bins'")
        }
        return ClassList.sorted(Set(rows.keys)).map {
            SegmentRows(label: "\(column.name)=\($0)", rows: rows[$0] ?? [], isNamed: false)
        }
    }

    private static func values(_ column: DataTable.Column) -> [String?] {
        switch column.values {
        case .texts(let values): values
        case .numbers(let values): values.map { $0.map(ClassNames.name) }
        case .booleans(let values): values.map { $0.map(ClassNames.name) }
        }
    }

    private static func ranges(_ column: DataTable.Column, _ edges: [Double]) throws(ControlError) -> [SegmentRows] {
        guard case .numbers(let values) = column.values else {
            throw ControlError(
                .invalid, "the column '\(column.name)' holds no numbers to put into 'bins'", field: "segments")
        }
        var parts = Array(repeating: [Int](), count: edges.count + 1)
        var missing: [Int] = []
        for (row, value) in values.enumerated() {
            guard let value, !value.isNaN else {
                missing.append(row)
                continue
            }
            parts[edges.count { $0 <= value }].append(row)
        }
        let texts = edges.map(FigureText.number)
        var segments = parts.enumerated().map { index, rows in
            let below = index < texts.count ? "<\(texts[index])" : ""
            let label =
                index == 0
                ? column.name + below
                : below.isEmpty ? "\(column.name)>=\(texts[index - 1])" : "\(texts[index - 1])<=\(column.name)\(below)"
            return SegmentRows(label: label, rows: rows, isNamed: false)
        }
        if !missing.isEmpty {
            segments.append(SegmentRows(label: "\(column.name)=\(Self.missing)", rows: missing, isNamed: false))
        }
        return segments
    }
}
