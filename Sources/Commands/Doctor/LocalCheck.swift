import ManagementAPI
import Server

/// What can be said about this machine without asking a server.
enum LocalCheck {
    /// Whether the library that executes models is found and can be opened.
    static func runtime() -> Finding {
        do {
            let (version, path) = try LocalInspection.onnxRuntime()
            return .ok("ONNX Runtime", "version \(version), \(path)")
        } catch {
            return .problem("ONNX Runtime", error.message, error.advice)
        }
    }

    /// Hashes everything in a data folder that no server has open.
    static func verify(_ folder: String) async -> Finding {
        let subject = "stored files"
        guard LocalInspection.isDataFolder(folder) else {
            return .problem(
                subject, "\(folder) is not a folder that a server keeps its data in",
                "name the right one: --data-dir DIR")
        }
        do {
            return ServerCheck.finding(try await LocalInspection.verify(dataFolder: folder))
        } catch {
            return .problem(subject, error.message, error.advice)
        }
    }
}
