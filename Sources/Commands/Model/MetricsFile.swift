#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Figures that a training wrote down: `{"accuracy": 0.97}`.
enum MetricsFile {
    static func read(_ path: String) throws(Failure) -> [String: Double] {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw Failure("\(path) cannot be read", hint: "check the path to the metrics", code: .usage)
        }
        do {
            return try JSONDecoder().decode([String: Double].self, from: data)
        } catch {
            throw Failure(
                "\(path) is no JSON object of numbers", hint: #"it looks like {"accuracy": 0.97, "recall": 0.9}"#,
                code: .usage)
        }
    }
}
