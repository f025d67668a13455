import Journal
import Registry
import Tensors

extension InputPlan {
    /// The inputs for some rows. Where the model takes a fixed number of rows and there are fewer, the last row is repeated.
    ///
    /// - Parameter rows: not empty, and within the data set.
    func tensors(_ rows: Range<Int>) throws(ControlError) -> [Tensor] {
        var indices = Array(rows)
        if let fixedRows, let last = indices.last, indices.count < fixedRows {
            indices += Array(repeating: last, count: fixedRows - indices.count)
        }
        var tensors: [Tensor] = []
        for feed in feeds { tensors.append(try Self.tensor(feed, indices)) }
        return tensors
    }

    private static func tensor(_ feed: Feed, _ rows: [Int]) throws(ControlError) -> Tensor {
        let dimensions = feed.spec.shape.count == 1 ? [rows.count] : [rows.count] + feed.rowShape
        let storage: TensorStorage
        let tensor: Tensor
        do {
            let shape = try Shape(dimensions)
            storage =
                feed.spec.elementType == .bytes ? try texts(feed, rows) : try numbers(feed, rows, shape.elementCount)
            tensor = try Tensor(
                name: feed.spec.name, elementType: feed.spec.elementType, shape: shape, storage: storage)
        } catch let error as ControlError {
            throw error
        } catch {
            throw ControlError(.invalid, "the input '\(feed.spec.name)' cannot be made: \(error)")
        }
        return tensor
    }

    /// A missing text is an empty one.
    private static func texts(_ feed: Feed, _ rows: [Int]) throws(ControlError) -> TensorStorage {
        var elements: [[UInt8]] = []
        for row in rows {
            for column in feed.columns {
                guard case .texts(let values) = column.values, values.indices.contains(row) else { continue }
                elements.append(Array((values[row] ?? "").utf8))
            }
        }
        guard let storage = BytesElements.encode(elements) else {
            throw ControlError(.tooLarge, "a text for the input '\(feed.spec.name)' is too long")
        }
        return storage
    }

    private static func numbers(_ feed: Feed, _ rows: [Int], _ count: Int) throws(ControlError) -> TensorStorage {
        let type = feed.spec.elementType
        guard let width = type.byteWidth, count == rows.count * feed.columns.count else {
            throw ControlError(.invalid, "the input '\(feed.spec.name)' takes other columns")
        }
        let storage = TensorStorage(byteCount: count * width)
        for (index, column) in feed.columns.enumerated() {
            for (place, row) in rows.enumerated() {
                let value = number(column, row)
                let address = storage.base + (place * feed.columns.count + index) * width
                guard NumberEncoding.store(value, as: type, at: address) else {
                    throw ControlError(
                        .invalid,
                        "row \(row + 1) of the column '\(column.name)' \(value.map { "is \($0)" } ?? "has no value"), "
                            + "which the input '\(feed.spec.name)' of type \(type.rawValue) cannot hold")
                }
            }
        }
        return storage
    }

    /// A truth value is 1 or 0.
    private static func number(_ column: DataTable.Column, _ row: Int) -> Double? {
        switch column.values {
        case .numbers(let values): values.indices.contains(row) ? values[row] : nil
        case .booleans(let values): values.indices.contains(row) ? values[row].map { $0 ? 1 : 0 } : nil
        case .texts: nil
        }
    }
}

/// One number as an element of a tensor.
enum NumberEncoding {
    /// A missing value is not-a-number where the type has that. False when the type has nothing for the value.
    static func store(_ value: Double?, as type: ElementType, at place: UnsafeMutableRawPointer) -> Bool {
        switch type {
        case .fp64: place.storeBytes(of: value ?? .nan, as: Double.self)
        case .fp32: place.storeBytes(of: Float(value ?? .nan), as: Float.self)
        case .fp16: place.storeBytes(of: HalfPrecision.fp16Bits(rounding: value ?? .nan), as: UInt16.self)
        case .bf16: place.storeBytes(of: HalfPrecision.bf16Bits(rounding: value ?? .nan), as: UInt16.self)
        case .bool:
            guard value == 0 || value == 1 else { return false }
            place.storeBytes(of: value == 1 ? 1 : 0, as: UInt8.self)
        case .int8: return whole(value, Int8.self, place)
        case .int16: return whole(value, Int16.self, place)
        case .int32: return whole(value, Int32.self, place)
        case .int64: return whole(value, Int64.self, place)
        case .uint8: return whole(value, UInt8.self, place)
        case .uint16: return whole(value, UInt16.self, place)
        case .uint32: return whole(value, UInt32.self, place)
        case .uint64: return whole(value, UInt64.self, place)
        case .bytes: return false
        }
        return true
    }

    private static func whole<Number: FixedWidthInteger & BitwiseCopyable>(
        _ value: Double?, _ type: Number.Type, _ place: UnsafeMutableRawPointer
    ) -> Bool {
        guard let value, let number = Number(exactly: value) else { return false }
        place.storeBytes(of: number, as: Number.self)
        return true
    }
}
