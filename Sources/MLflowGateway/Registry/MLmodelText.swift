import Foundation
import Journal
import Registry
import Serving

/// The `MLmodel` file of a version that was pushed without one, so that `mlflow.pyfunc.load_model` can load it.
///
/// It says what is known and no more. There is no signature in it: ONNX Runtime reads that out of the model file, and MLflow's
/// client would demand the exact types of it, where it casts without one.
enum MLmodelText {
    static func make(_ version: ModelVersion, modelFile: String) -> String {
        """
        flavors:
          onnx:
            code: null
            data: \(quoted(modelFile))
            providers:
            - CPUExecutionProvider
          python_function:
            data: \(quoted(modelFile))
            loader_module: mlflow.onnx
        metadata:
          slipway_digest: \(version.artifact.digest)
          slipway_version: \(quoted(version.label))
        utc_time_created: \(quoted(version.createdAt.description))

        """
    }

    /// As JSON writes a text, which YAML reads as well.
    private static func quoted(_ text: String) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        return (try? encoder.encode(text)).map { String(decoding: $0, as: UTF8.self) } ?? "\"\""
    }
}
