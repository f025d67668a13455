import FoundationEssentials
import Tensors

/// What the checker found, as its one line of JSON on standard output.
struct CheckerReport: Codable, Sendable, Hashable {
    var description: ModelDescription?
    var reason: ModelLoadError.Reason?
    var message: String?

    init(_ result: Result<ModelDescription, ModelLoadError>) {
        switch result {
        case .success(let description): self.description = description
        case .failure(let error):
            reason = error.reason
            message = error.message
        }
    }

    /// The line; `nil` when it is not one.
    init?(line: [UInt8]) {
        guard let report = try? JSONDecoder().decode(CheckerReport.self, from: Data(line)) else { return nil }
        self = report
    }

    /// The report as one line with its end; a report that cannot be written says so instead.
    var line: [UInt8] {

        let data =
            (try? JSONEncoder().encode(self))
            ?? Data(#"{"reason":"invalidModel","message":"what the model says about itself cannot be written"}"#.utf8)
        return Array(data) + [0x0a]
    }

    var result: Result<ModelDescription, ModelLoadError>? {
        if let description { return .success(description) }
        if let reason { return .failure(ModelLoadError(reason, message ?? "The model was refused without a reason")) }
        return nil
    }
}
