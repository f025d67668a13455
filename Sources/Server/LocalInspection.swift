import Glibc
import Logging
package import ManagementAPI
import Runtimes
import Store

/// What `slipway doctor` looks at on this machine without a server: the runtime's library and a data folder.
package enum LocalInspection {
    /// What is wrong, and what to do about it.
    package struct Problem: Error, Sendable, Hashable {
        package let message: String
        package let advice: String
    }

    /// Opens ONNX Runtime's library as the server would; answers which one and where.
    package static func onnxRuntime() throws(Problem) -> (version: String, path: String) {
        let quiet = Logger(label: "slipway.doctor") { _ in SwiftLogNoOpLogHandler() }
        do {
            let library = try ONNXRuntimeLibrary.open(.ofThisProcess(), logger: quiet)
            return (library.version, library.path)
        } catch {
            throw Problem(
                message: error.message,
                advice: "no model can be pushed or served without it; install it as said, then run this again")
        }
    }

    /// Whether the folder is one that a server keeps its data in.
    package static func isDataFolder(_ folder: String) -> Bool {
        access("\(folder)/\(databaseName)", F_OK) == 0
    }

    /// Opens a data folder that no server has open and hashes everything in it again.
    package static func verify(dataFolder: String) async throws(Problem) -> VerifyReport {
        do {
            let store = try Store.open(folder: dataFolder)
            let result = try await store.verify()
            try? store.close()
            return VerifyReport(result)
        } catch let error as StoreError {
            throw Problem(message: error.message, advice: error.hint)
        } catch {
            throw Problem(message: "\(dataFolder): \(error)", advice: "see the message above")
        }
    }

    private static let databaseName = "slipway.db"
}
