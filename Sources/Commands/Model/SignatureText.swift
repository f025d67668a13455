import ManagementAPI
import SlipwayClient

/// Signatures and files in words.
enum SignatureText {
    /// One line for each tensor, names and types under each other: `x      FP32[batch, 4]`.
    static func lines(_ tensors: [TensorInfo]) -> [String] {
        let width = tensors.reduce(0) { max($0, $1.name.count) }
        return tensors.map { tensor in
            let padding = String(repeating: " ", count: width - tensor.name.count + 2)
            return tensor.name + padding + type(tensor) + (tensor.optional ? "  (may be left out)" : "")
        }
    }

    /// `FP32[batch, 4]`; a dimension of any size without a name is `?`.
    static func type(_ tensor: TensorInfo) -> String {
        let dimensions = tensor.shape.map { dimension in
            switch dimension {
            case .size(let size): size < 0 ? "?" : String(size)
            case .name(let name): name
            }
        }
        return "\(tensor.datatype)[\(dimensions.joined(separator: ", "))]"
    }

    /// `3 requests, answered as they should be`; `nil` where the version has none.
    static func reference(_ version: VersionInfo) -> String? {
        version.files.contains { $0.path == Artifact.referenceFile }
            ? "a profile of rows, which drift is measured against" : nil
    }

    static func golden(_ version: VersionInfo) -> String? {
        version.goldenRequests.map { "\($0) request\($0 == 1 ? "" : "s"), answered as they should be" }
    }

    static func size(_ files: [FileEntry]) -> String {
        let bytes = NumberText.bytes(files.reduce(0) { $0 + $1.size })
        return files.count == 1 ? bytes : "\(bytes) in \(files.count) files"
    }

    /// `accuracy 0.974, f1 0.97`, sorted by name.
    static func metrics(_ metrics: [String: Double], most: Int = .max) -> String {
        let sorted = metrics.sorted { $0.key < $1.key }
        let shown = sorted.prefix(most).map { "\($0.key) \(NumberText.significant($0.value))" }.joined(separator: ", ")
        return sorted.count > most ? shown + ", …" : shown
    }
}
