import Testing

@testable import Serving

@Suite struct ValueBinsTests {
    @Test func `bins are in the order of the values and never beyond their number`() throws {
        var values: [Double] = [0, .leastNonzeroMagnitude, .greatestFiniteMagnitude, .infinity]
        var magnitude = 1e-9
        while magnitude < 1e12 {
            values.append(magnitude)
            magnitude *= 1.01
        }
        values += values.map { -$0 }
        let bins = try values.sorted().map { try #require(ValueBins.bin($0)) }
        #expect(bins == bins.sorted())
        #expect(bins.first == 1 && bins.last == 255)
        #expect(ValueBins.bin(.nan) == nil)
        #expect(ValueBins.bin(0) == ValueBins.zero && ValueBins.bin(-0.0) == ValueBins.zero)
    }

    @Test func `a bin's lower bound lies in it, and what is just below does not`() {
        for bin in (ValueBins.zero + 1)..<ValueBins.count {
            let bound = ValueBins.lowerBound(ofBin: bin)
            #expect(ValueBins.bin(bound) == bin)
            #expect(ValueBins.bin(bound.nextDown) == bin - 1)
            #expect(ValueBins.bin(-bound) == 2 * ValueBins.zero - bin)
        }
    }

    @Test func `classes up to fifteen and the quarters of a probability's octave are told apart`() {
        let bins: [Int?] = (0...15).map { ValueBins.bin(Double($0)) }
        #expect(Set(bins).count == 16)
        #expect(Set([0.51, 0.63, 0.76, 0.9, 0.3, 0.2, 0.01, 0.001].map { ValueBins.bin($0) }).count == 8)
    }
}
