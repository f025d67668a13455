/// Fixed bins for numbers of any size, in their order: narrow where outputs of models mostly lie (from 1/256 to 1024), and
/// wider towards 0 and beyond. The same for every server and version, so that counts can be kept and compared.
package enum ValueBins {
    package static let count = 256
    /// The bin of 0 and of what is smaller than the least magnitude that is told apart.
    package static let zero = 128

    /// Octaves, each in so many equal parts: exponents of two from `first` on.
    private static let octaves: [(first: Int, last: Int, bits: Int)] = [
        (-18, -9, 0), (-8, -1, 2), (0, 3, 3), (4, 9, 2), (10, 23, 1),
    ]
    private static let least = -18
    private static let beyond = 24
    /// By exponent from `least` on: the distance of its first bin from `zero`, and into how many parts it is cut.
    private static let layout: [(start: Int, bits: Int)] = {
        var layout: [(start: Int, bits: Int)] = []
        var start = 1
        for group in octaves {
            for _ in group.first...group.last {
                layout.append((start, group.bits))
                start += 1 << group.bits
            }
        }
        return layout
    }()

    /// The bin of `number`; `nil` for not-a-number. Infinities are in the outermost.
    package static func bin(_ number: Double) -> Int? {
        if number.isNaN { return nil }
        let magnitude = number.magnitude
        // Subnormal numbers have the least exponent there is, and infinities the largest.
        let exponent = Int((magnitude.bitPattern >> 52) & 0x7ff) - 1023
        guard exponent >= least else { return zero }
        let distance: Int
        if exponent >= beyond {
            distance = count - 1 - zero
        } else {
            let (start, bits) = layout[exponent - least]
            distance = start + Int((magnitude.bitPattern >> UInt64(52 - bits)) & (1 << UInt64(bits) - 1))
        }
        return number < 0 ? zero - distance : zero + distance
    }

    /// The smallest magnitude in the bins at this distance from `zero`, for people.
    package static func lowerBound(ofBin bin: Int) -> Double {
        let distance = abs(bin - zero)
        guard distance > 0 else { return 0 }
        guard let index = layout.lastIndex(where: { $0.start <= distance }) else { return 0 }
        let (start, bits) = layout[index]
        let part = Double(distance - start) / Double(1 << bits)
        let power = Double(sign: .plus, exponent: index + least, significand: 1)
        let last = Double(sign: .plus, exponent: beyond, significand: 1)
        let bound = distance == count - 1 - zero ? last : power * (1 + part)
        return bin < zero ? -bound : bound
    }
}

/// Bins for texts, by a hash: they say whether the mix of texts is another, not which texts there are.
package enum TextBins {
    package static let count = 64
}
