/// How far numbers may be apart and still count as the same: by `absolute` and `relative` times the expected value.
/// Whole numbers, booleans and texts must be equal whatever it says.
package struct Tolerance: Sendable, Hashable {
    package var relative: Double
    package var absolute: Double
    /// In place of `relative` for FP16 and BF16, whose own steps are coarser than most tolerances.
    package var halfRelative: Double

    package init(relative: Double, absolute: Double, halfRelative: Double? = nil) {
        self.relative = relative
        self.absolute = absolute
        self.halfRelative = halfRelative ?? relative
    }
}

/// Compares what a model answered with what it should have answered.
package enum TensorComparison {
    /// The first difference in words: `value 3 is 0.5, expected 0.25`; `nil` when there is none. Not-a-number equals
    /// itself, and so do the infinities. Shapes are not looked at, only how many elements there are.
    package static func difference(_ found: Tensor, expected: Tensor, within tolerance: Tolerance) -> String? {
        guard found.elementType == expected.elementType else {
            return "the type is \(found.elementType.rawValue), expected \(expected.elementType.rawValue)"
        }
        guard found.shape.elementCount == expected.shape.elementCount else {
            return "there are \(found.shape.elementCount) values, expected \(expected.shape.elementCount)"
        }
        let pair = Pair(found: found, expected: expected)
        let relative = tolerance.relative
        let half = tolerance.halfRelative
        let absolute = tolerance.absolute
        switch expected.elementType {
        case .fp32: return pair.numbers(Float.self, relative, absolute) { Double($0) }
        case .fp64: return pair.numbers(Double.self, relative, absolute) { $0 }
        case .fp16:
            return pair.numbers(UInt16.self, half, absolute) { Double(HalfPrecision.float(fp16Bits: $0)) }
        case .bf16:
            return pair.numbers(UInt16.self, half, absolute) { Double(HalfPrecision.float(bf16Bits: $0)) }
        case .int8: return pair.wholes(Int8.self)
        case .int16: return pair.wholes(Int16.self)
        case .int32: return pair.wholes(Int32.self)
        case .int64: return pair.wholes(Int64.self)
        case .uint8, .bool: return pair.wholes(UInt8.self)
        case .uint16: return pair.wholes(UInt16.self)
        case .uint32: return pair.wholes(UInt32.self)
        case .uint64: return pair.wholes(UInt64.self)
        case .bytes: return pair.texts()
        }
    }
}

/// Two tensors of one type and as many elements.
private struct Pair {
    let found: Tensor
    let expected: Tensor

    func numbers<Element: BitwiseCopyable>(
        _ type: Element.Type, _ relative: Double, _ absolute: Double, _ value: (Element) -> Double
    ) -> String? {
        first(type) { found, expected in
            let (found, expected) = (value(found), value(expected))
            if found == expected || (found.isNaN && expected.isNaN) { return nil }
            // Both finite: an infinite difference is never small, but infinity times `relative` would be.
            if found.isFinite, expected.isFinite,
                (found - expected).magnitude <= absolute + relative * expected.magnitude
            {
                return nil
            }
            return "\(found), expected \(expected)"
        }
    }

    func wholes<Element: BitwiseCopyable & FixedWidthInteger>(_ type: Element.Type) -> String? {
        first(type) { $0 == $1 ? nil : "\($0), expected \($1)" }
    }

    /// Memory need not be aligned for the type: it may be a slice of anything.
    private func first<Element: BitwiseCopyable>(
        _ type: Element.Type, _ difference: (Element, Element) -> String?
    ) -> String? {
        let stride = MemoryLayout<Element>.stride
        let count = min(
            expected.shape.elementCount, found.storage.byteCount / stride, expected.storage.byteCount / stride)
        for index in 0..<count {
            let offset = index * stride
            let left = found.storage.bytes.loadUnaligned(fromByteOffset: offset, as: type)
            let right = expected.storage.bytes.loadUnaligned(fromByteOffset: offset, as: type)
            if let text = difference(left, right) { return "value \(index) is \(text)" }
        }
        return nil
    }

    func texts() -> String? {
        let (found, expected) = (elements(found), elements(expected))
        for (index, (left, right)) in zip(found, expected).enumerated() where left != right {
            return "value \(index) is \"\(excerpt(left))\", expected \"\(excerpt(right))\""
        }
        return nil
    }

    private func elements(_ tensor: Tensor) -> [[UInt8]] {
        var all: [[UInt8]] = []
        BytesElements.forEach(in: tensor.storage.bytes) { (element) throws(Never) in all.append(Array(element)) }
        return all
    }

    private func excerpt(_ bytes: [UInt8]) -> String {
        String(decoding: bytes.prefix(40), as: UTF8.self) + (bytes.count > 40 ? "..." : "")
    }
}
