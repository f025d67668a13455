import Foundation
import Testing

@testable import Statistics

/// The cases of Fixtures/distances.json, which make_distances.py writes with scipy's answers.
private struct DistanceCases: Decodable {
    struct Categories: Decodable {
        struct Answers: Decodable {
            var psi, divergence, distance: Double
            var chi2, p, v: Double?
            var degrees: Int?
        }

        var reference, current: [Double]
        var answers: Answers
    }

    struct Numbers: Decodable {
        struct Answers: Decodable { var wasserstein, ks, exact, asymptotic: Double }

        var reference, current: [Double]
        var answers: Answers
    }

    struct Rates: Decodable {
        var before, reference, now, current: Int
        var greater, less: Double
    }

    struct Testing: Decodable { var values, holm, hochberg: [Double] }

    struct Tail: Decodable {
        var degrees: Int?
        var value, tail: Double
    }

    var categories: [Categories]
    var numbers: [Numbers]
    var rates: [Rates]
    var testing: [Testing]
    var tails: [Tail]
    var kolmogorov: [Tail]
}

/// Every distance and test of two samples against scipy, to 1e-9.
@Suite struct DistanceTests {
    private let cases: DistanceCases

    init() throws {
        let path = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Fixtures/distances.json")
        cases = try JSONDecoder().decode(DistanceCases.self, from: Data(contentsOf: path))
    }

    private func near(_ found: Double?, _ expected: Double, relative: Bool = false) -> Bool {
        guard let found else { return false }
        return abs(found - expected) <= 1e-9 * (relative ? max(1e-290, abs(expected)) : max(1, abs(expected)))
    }

    @Test func `distances of categories agree`() throws {
        #expect(cases.categories.count > 60)
        for one in cases.categories {
            let psi = PopulationStability.index(reference: one.reference, current: one.current)
            #expect(near(psi, one.answers.psi))
            let divergence = JensenShannon.divergence(reference: one.reference, current: one.current)
            #expect(near(divergence, one.answers.divergence))
            let distance = JensenShannon.distance(reference: one.reference, current: one.current)
            // A root makes 1e-8 out of the last digit of a divergence that is 0.
            #expect(abs((distance ?? .nan) - one.answers.distance) < 1e-7)
            let test = ChiSquare(reference: one.reference, current: one.current)
            #expect((test == nil) == (one.answers.chi2 == nil))
            guard let test, let chi2 = one.answers.chi2, let p = one.answers.p, let v = one.answers.v else { continue }
            #expect(near(test.statistic, chi2))
            #expect(test.degreesOfFreedom == one.answers.degrees)
            #expect(near(test.pValue, p))
            #expect(near(test.cramersV, v))
        }
    }

    @Test func `distances of numbers agree`() throws {
        #expect(cases.numbers.count > 40)
        for one in cases.numbers {
            let (reference, current) = (WeightedValues(one.reference), WeightedValues(one.current))
            #expect(near(Wasserstein.distance(reference, current), one.answers.wasserstein))
            let statistic = try #require(KolmogorovSmirnov.statistic(reference, current))
            #expect(near(statistic, one.answers.ks))
            let (m, n) = (one.reference.count, one.current.count)
            #expect(near(KolmogorovSmirnov.exactPValue(statistic, m, n), one.answers.exact))
            let chance = KolmogorovSmirnov.asymptoticPValue(statistic, Double(m), Double(n))
            #expect(near(chance, one.answers.asymptotic))
        }
    }

    @Test func `exact tests of rates agree`() {
        for one in cases.rates {
            let greater = Hypergeometric.greater(before: one.before, of: one.reference, now: one.now, of: one.current)
            #expect(near(greater, one.greater), "\(one)")
            let both = Hypergeometric.twoSided(before: one.before, of: one.reference, now: one.now, of: one.current)
            #expect(near(both, min(1, 2 * min(one.greater, one.less))), "\(one)")
        }
    }

    @Test func `tails agree in all their digits`() {
        for one in cases.tails {
            let found = ChiSquare.survival(one.value, degreesOfFreedom: one.degrees ?? 0)
            #expect(near(found, one.tail, relative: true), "\(one): \(found)")
        }
        for one in cases.kolmogorov {
            #expect(near(KolmogorovSmirnov.survival(one.value), one.tail), "\(one)")
        }
    }

    @Test func `adjusted chances agree`() {
        for one in cases.testing {
            #expect(zip(MultipleTesting.holm(one.values), one.holm).allSatisfy { near($0, $1) })
            #expect(zip(MultipleTesting.benjaminiHochberg(one.values), one.hochberg).allSatisfy { near($0, $1) })
        }
    }

    @Test func `nothing comes of nothing`() {
        #expect(PopulationStability.index(reference: [], current: []) == nil)
        #expect(PopulationStability.index(reference: [1], current: [1, 2]) == nil)
        #expect(JensenShannon.distance(reference: [0, 0], current: [1, 0]) == nil)
        #expect(ChiSquare(reference: [1, 2], current: [0, 0]) == nil)
        #expect(KolmogorovSmirnov.statistic(WeightedValues([]), WeightedValues([1])) == nil)
        #expect(Wasserstein.distance(WeightedValues([.nan, .infinity]), WeightedValues([1])) == nil)
        #expect(KolmogorovSmirnov.exactPValue(0.5, 1 << 40, 1 << 40) == nil)
        #expect(Hypergeometric.greater(before: 5, of: 3, now: 1, of: 2) == 1)
        #expect(MultipleTesting.holm([]).isEmpty && MultipleTesting.benjaminiHochberg([]).isEmpty)
    }
}
