import ManagementAPI
import SlipwayClient

/// Cells as values of a tensor's type; a cell that is none is named by row and column.
enum CellValues {
    static func parse(
        _ rows: Rows, _ range: Range<Int>, _ columns: [Int], _ tensor: TensorInfo
    ) throws(Failure) -> InferTensor.Values {
        func all<Value>(_ kind: String, _ read: (String) -> Value?) throws(Failure) -> [Value] {
            var values: [Value] = []
            values.reserveCapacity(range.count * columns.count)
            for row in range {
                for column in columns {
                    guard let value = read(rows.cells[row][column]) else {
                        throw refusal(rows, row, column, tensor, kind)
                    }
                    values.append(value)
                }
            }
            return values
        }
        switch tensor.datatype {
        case "FP32", "FP16", "BF16": return .floats(try all("a number") { number($0) })
        case "FP64": return .doubles(try all("a number") { number($0) })
        case "BOOL": return .bools(try all("true or false", bool))
        case "BYTES": return .strings(try all("text") { $0 })
        case "UINT64": return .unsigned(try all("a whole number from 0") { whole($0) })
        case "UINT8": return .integers(try all("a whole number from 0 to 255") { whole($0, UInt8.self) })
        case "UINT16": return .integers(try all("a whole number from 0 to 65535") { whole($0, UInt16.self) })
        case "UINT32": return .integers(try all("a whole number from 0 to 4294967295") { whole($0, UInt32.self) })
        case "INT8": return .integers(try all("a whole number from -128 to 127") { whole($0, Int8.self) })
        case "INT16": return .integers(try all("a whole number from -32768 to 32767") { whole($0, Int16.self) })
        case "INT32": return .integers(try all("a whole number of 32 bits") { whole($0, Int32.self) })
        case "INT64": return .integers(try all("a whole number") { whole($0) })
        default:
            throw Failure(
                "input \(tensor.name) is of type \(tensor.datatype), which cells cannot give",
                hint: "send JSON in the Open Inference Protocol's form")
        }
    }

    private static func refusal(
        _ rows: Rows, _ row: Int, _ column: Int, _ tensor: TensorInfo, _ kind: String
    ) -> Failure {
        let cell = rows.cells[row][column]
        let shown = cell.count > 40 ? cell.prefix(39) + "…" : cell[...]
        let problem = trimmed(cell).isEmpty ? "is empty" : "holds \"\(shown)\""
        let mayBeMissing = trimmed(cell).isEmpty && (tensor.datatype.hasPrefix("FP") || tensor.datatype == "BF16")
        return Failure(
            "\(rows.place(row: row, column: column)) \(problem); input \(tensor.name) wants \(kind)"
                + " (\(tensor.datatype))",
            hint: mayBeMissing ? "write NaN where a value is missing, if the model was trained with gaps" : nil)
    }

    /// A finite number; or `NaN` in so many letters, which some models take for a value that is missing.
    private static func number<Value: BinaryFloatingPoint & LosslessStringConvertible>(_ cell: String) -> Value? {
        let text = trimmed(cell)
        if text.lowercased() == "nan" { return .nan }
        return Value(text).flatMap { $0.isFinite ? $0 : nil }
    }

    private static func bool(_ cell: String) -> Bool? {
        switch trimmed(cell).lowercased() {
        case "true", "yes", "1": true
        case "false", "no", "0": false
        default: nil
        }
    }

    /// Whole numbers as written, or as `3.0`, the way data frames with gaps write them.
    private static func whole<Value: FixedWidthInteger>(_ cell: String) -> Value? {
        let text = trimmed(cell)
        return Value(text) ?? Double(text).flatMap { abs($0) <= 0x1p53 ? Value(exactly: $0) : nil }
    }

    private static func whole<Narrow: FixedWidthInteger>(_ cell: String, _ type: Narrow.Type) -> Int64? {
        (whole(cell) as Narrow?).map { Int64(truncatingIfNeeded: $0) }
    }
}
