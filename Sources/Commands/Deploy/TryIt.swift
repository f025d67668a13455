import ManagementAPI

/// Commands that ask a fresh endpoint something, with made-up inputs of the right names, types and shapes.
enum TryIt {
    /// Values of one request beyond which a line to paste is no help.
    private static let mostValues = 64

    /// - Parameter withToken: whether the server asks callers who they are; the token itself is not printed.
    static func lines(
        _ deployment: DeploymentInfo, _ version: VersionInfo, server: String, withToken: Bool, flags: String
    ) -> [String] {
        let inputs = version.inputs.filter { !$0.optional }
        let file = "  slipway predict \(deployment.endpoint) --file FILE.csv\(flags)"
        guard !inputs.isEmpty, inputs.reduce(0, { $0 + (count($1) ?? mostValues + 1) }) <= mostValues else {
            return ["", "try it:", file]
        }
        let prefix = deployment.space == "default" ? "" : "/spaces/\(deployment.space)"
        let url = "\(server)\(prefix)/v2/models/\(deployment.endpoint)/infer"
        let body = "{\"inputs\":[\(inputs.map(tensor).joined(separator: ","))]}"
        let token = withToken ? "-H \"Authorization: Bearer $SLIPWAY_TOKEN\" " : ""
        return ["", "try it:", "  curl \(token)\(url) -d '\(body)'", file]
    }

    /// A symbolic dimension counts as one.
    private static func sizes(_ input: TensorInfo) -> [Int] {
        input.shape.map { dimension in
            if case .size(let size) = dimension, size >= 0 { size } else { 1 }
        }
    }

    private static func count(_ input: TensorInfo) -> Int? {
        var count = 1
        for size in sizes(input) {
            let (product, overflow) = count.multipliedReportingOverflow(by: size)
            guard !overflow, product <= mostValues else { return nil }
            count = product
        }
        return count
    }

    private static func tensor(_ input: TensorInfo) -> String {
        let value =
            switch input.datatype {
            case "BOOL": "true"
            case "BYTES": "\"text\""
            case let type where type.hasPrefix("FP") || type == "BF16": "0.5"
            default: "1"
            }
        let shape = sizes(input).map(String.init).joined(separator: ",")
        let data = [String](repeating: value, count: count(input) ?? 0).joined(separator: ",")
        // Quotes, and the apostrophe that would end the shell's own, cannot be in a line to paste.
        let name = input.name.filter { $0 != "'" && $0 != "\"" && $0 != "\\" }
        return "{\"name\":\"\(name)\",\"shape\":[\(shape)],\"datatype\":\"\(input.datatype)\",\"data\":[\(data)]}"
    }
}
