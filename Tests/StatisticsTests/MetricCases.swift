import Foundation

/// The cases of Fixtures/metrics.json, which make_metrics.py writes with scikit-learn's answers.
struct MetricCases: Decodable {
    struct Labels: Decodable {
        var name: String
        var classes: Int
        var truth: [Int32]
        var predicted: [Int32]
        var answers: [String: Double?]
    }

    struct Scores: Decodable {
        var name: String
        var truth: [Int32]
        var scores: [[Written]]
        var answers: [String: Double?]
    }

    struct Numbers: Decodable {
        var name: String
        var truth: [Written]
        var predicted: [Written]
        var answers: [String: Double?]
    }

    struct Quantiles: Decodable {
        var values: [Double]
        var counts: [Int]
        var shares: [Double]
        var answers: [Double]
        var counted: [Double]
    }

    struct Generator: Decodable {
        var seed: UInt64
        var next: [String]
    }

    struct Bootstrap: Decodable {
        var metric: String
        var truth: [Double]
        var first: [Double]
        var second: [Double]
        var seed: UInt64
        var resamples: Int
        var confidence: Double
        var difference: Double
        var low: Double
        var high: Double
    }

    /// A number, or the words that stand for what JSON has no numbers for.
    struct Written: Decodable {
        var value: Double

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let text = try? container.decode(String.self) {
                value = text == "nan" ? .nan : text.hasPrefix("-") ? -.infinity : .infinity
            } else {
                value = try container.decode(Double.self)
            }
        }
    }

    var labels: [Labels]
    var scores: [Scores]
    var numbers: [Numbers]
    var quantiles: [Quantiles]
    var generator: Generator
    var bootstrap: [Bootstrap]

    static func read() throws -> MetricCases {
        let folder = (#filePath as NSString).deletingLastPathComponent
        let data = try Data(contentsOf: URL(fileURLWithPath: folder + "/Fixtures/metrics.json"))
        return try JSONDecoder().decode(MetricCases.self, from: data)
    }
}

/// Whether two figures are the same to nine digits behind the point, or nine digits where they are large.
func agree(_ left: Double?, _ right: Double?) -> Bool {
    switch (left, right) {
    case (nil, nil): true
    case (let left?, let right?): abs(left - right) <= 1e-9 * max(1, abs(right))
    default: false
    }
}
