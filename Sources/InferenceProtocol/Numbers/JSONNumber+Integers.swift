extension JSONNumber {
    /// The whole number this is, when it is one and fits `Integer`. `1.0` and `1e3` are whole numbers too, as in the
    /// JSON mapping of Protocol Buffers; `1.5` is not.
    @inline(__always)
    func integer<Integer: FixedWidthInteger>(as type: Integer.Type) -> Integer? {
        guard isExact else { return nil }
        guard exponent == 0 else { return shifted(as: type) }
        return Self.signed(mantissa, isNegative, as: type)
    }

    @inline(__always)
    private static func signed<Integer: FixedWidthInteger>(
        _ magnitude: UInt64, _ isNegative: Bool, as type: Integer.Type
    ) -> Integer? {
        guard isNegative else { return Integer(exactly: magnitude) }
        guard Integer.isSigned else { return magnitude == 0 ? 0 : nil }
        guard magnitude <= 1 << 63 else { return nil }
        return Integer(exactly: 0 &- Int64(truncatingIfNeeded: magnitude))
    }

    @inline(never)
    private func shifted<Integer: FixedWidthInteger>(as type: Integer.Type) -> Integer? {
        guard mantissa != 0 else { return 0 }
        var magnitude = mantissa
        var shift = exponent
        while shift < 0 {
            let (quotient, remainder) = magnitude.quotientAndRemainder(dividingBy: 10)
            guard remainder == 0 else { return nil }
            magnitude = quotient
            shift += 1
        }
        while shift > 0 {
            let (product, overflow) = magnitude.multipliedReportingOverflow(by: 10)
            guard !overflow else { return nil }
            magnitude = product
            shift -= 1
        }
        return Self.signed(magnitude, isNegative, as: type)
    }
}
