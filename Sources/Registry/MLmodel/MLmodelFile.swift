import Documents
import Foundation
package import Journal

/// What the file `MLmodel` says about the folder that it lies in: how MLflow describes a model. The form is that of MLflow
/// 3 (`mlflow.models.Model`); what Slipway has no use for is left aside.
package struct MLmodelFile: Sendable, Hashable {
    package static let fileName = "MLmodel"
    /// A signature of ten thousand columns has half of it.
    package static let maximumBytes = 1 << 20

    /// The names of the ways to load the model, sorted: `onnx`, `python_function`.
    package let flavors: [String]
    /// The path of the model file in the folder, as the ONNX flavour has it; `nil` where there is no such flavour, or
    /// where it does not say.
    package let onnxFile: String?
    /// What Python code loads it, for models that have no flavour for this server.
    package let loader: String?
    /// What the client says about inputs and outputs; `nil` without.
    package let signature: MLmodelSignature?
    /// What was there and could not be read.
    package let problems: [String]

    /// Errors: `invalid` and `tooLarge`, with the line where YAML says one.
    package init(_ bytes: [UInt8]) throws(ControlError) {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw ControlError(.invalid, "the \(Self.fileName) file is not UTF-8", field: Self.fileName)
        }
        let document = try DocumentText.value(yaml: text, what: "\(Self.fileName) file", atMost: Self.maximumBytes)
        guard case .mapping(let members) = document, case .mapping(let flavors)? = members["flavors"] else {
            throw ControlError(.invalid, "the \(Self.fileName) file has no flavors", field: Self.fileName)
        }
        self.flavors = flavors.keys.sorted()
        onnxFile = flavors["onnx"]?.text("data")
        loader = flavors["python_function"]?.text("loader_module")
        var problems: [String] = []
        signature = Self.signature(members["signature"], &problems)
        self.problems = problems
    }

    /// A signature that cannot be read takes nothing from the model: the file has its own.
    private static func signature(_ value: DocumentValue?, _ problems: inout [String]) -> MLmodelSignature? {
        guard case .mapping(let members)? = value else { return nil }
        do {
            return MLmodelSignature(
                inputs: try fields(members["inputs"]), outputs: try fields(members["outputs"]))
        } catch {
            problems.append("MLflow's signature cannot be read")
            return nil
        }
    }

    /// The list is JSON within a text.
    private static func fields(_ value: DocumentValue?) throws -> [MLmodelSignature.Field] {
        guard case .text(let json)? = value else { return [] }
        return try JSONDecoder().decode([MLmodelSignature.Field].self, from: Data(json.utf8))
    }
}

extension DocumentValue {
    fileprivate func text(_ name: String) -> String? {
        guard case .mapping(let members) = self, case .text(let text)? = members[name] else { return nil }
        return text
    }
}
