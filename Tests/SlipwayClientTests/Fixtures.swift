import Foundation
import Synchronization

@testable import SlipwayClient

/// A name that GRPCCore has not too.
typealias Policy = RetryPolicy

/// Waits for nothing between attempts.
let impatient = RetryPolicy(attempts: 4, base: .zero)

/// Runs `body` with a client of the server, and closes it.
func withClient<Value>(
    _ address: String, space: String = "default", token: String? = nil, retries: RetryPolicy = impatient,
    clock: RetryClock = .system, _ body: (SlipwayClient) async throws -> Value
) async throws -> Value {
    let client = try SlipwayClient(
        server: address, token: token, space: space, retrying: Retrying(policy: retries, clock: clock))
    return try await SlipwayClient.with(client, body)
}

/// A clock on which pauses are over at once, and are written down. One of a minute or more lasts until it is cancelled.
final class FastClock: Sendable {
    private let state = Mutex<(now: Duration, pauses: [Duration])>((.zero, []))

    /// Shorter than a minute, in their order.
    var pauses: [Duration] { state.withLock { $0.pauses } }

    var clock: RetryClock {
        RetryClock(
            now: { self.state.withLock { $0.now } },
            sleep: { duration in
                guard duration < .seconds(60) else { return try await Task.sleep(for: .seconds(1 << 30)) }
                self.state.withLock { state in
                    state.now += duration
                    state.pauses.append(duration)
                }
            },
            chance: { 0 })
    }
}

/// The error that `body` throws.
func clientError(_ body: () async throws -> Void) async -> ClientError? {
    do {
        try await body()
        return nil
    } catch {
        return error as? ClientError
    }
}

/// A folder of its own for one test, removed with it.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "slipway-client-tests-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// Writes a file, with the folders on its way, and answers where it is.
    @discardableResult
    func write(_ name: String, _ bytes: [UInt8] = [1, 2, 3]) throws -> String {
        let location = "\(path)/\(name)"
        let folder = (location as NSString).deletingLastPathComponent
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try Data(bytes).write(to: URL(fileURLWithPath: location))
        return location
    }
}

enum Wire {
    static let deployment = """
        {"endpoint":"churn","space":"default","model":"churn","version":2,"revision":5,"state":"ready","message":"",\
        "options":{},"isolation":"shared","isolationReason":"","queued":0,"createdAt":"2026-07-01T10:00:00Z",\
        "updatedAt":"2026-07-02T10:00:00Z","updatedBy":"local",\
        "requests":0,"errors":0}
        """

    static func model(_ name: String) -> String {
        """
        {"name":"\(name)","space":"default","format":"onnx","versions":1,"latestVersion":1,"latestSize":3,"metrics":{},\
        "deployed":[],"createdAt":"2026-07-01T10:00:00Z","updatedAt":"2026-07-01T10:00:00Z"}
        """
    }

    static func push(isNew: Bool) -> String {
        """
        {"isNew":\(isNew),"version":{"model":"churn","version":1,"space":"default","digest":"00","files":[],\
        "format":"onnx","inputs":[{"name":"x","datatype":"FP32","shape":["batch",4,-1],"optional":false}],"outputs":[],\
        "opsets":{"ai.onnx":17},"producer":"","documentation":"","metadata":{},"notes":[],"metrics":{},"tags":{},\
        "createdAt":"2026-07-01T10:00:00Z","createdBy":"local"}}
        """
    }
}
