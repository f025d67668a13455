import Foundation
import Journal
import ManagementAPI
import ManagementGateway
import Runtimes
import Serving
import Store

/// What the server tells about itself.
struct Inspection: ServerInspection {
    let store: Store
    let dataPlane: DataPlane
    let runtimes: [any ModelRuntime]
    let sockets: ListeningSockets
    /// Whether callers are asked who they are.
    let authentication: Bool
    let startedAt: Timestamp
    private let started = MonotonicClock.nanoseconds()

    init(
        store: Store, dataPlane: DataPlane, runtimes: [any ModelRuntime], sockets: ListeningSockets,
        authentication: Bool, startedAt: Timestamp
    ) {
        self.store = store
        self.dataPlane = dataPlane
        self.runtimes = runtimes
        self.sockets = sockets
        self.authentication = authentication
        self.startedAt = startedAt
    }

    var uptimeSeconds: Double { Double(MonotonicClock.nanoseconds() &- started) / 1e9 }

    func info() -> ServerInfo {
        var versions: [String: String] = [:]
        for runtime in runtimes { if let version = runtime.version { versions[runtime.format] = version } }
        return ServerInfo(
            name: "slipway", version: Release.version, startedAt: startedAt.description,
            uptimeSeconds: uptimeSeconds, dataFolder: store.path, generation: dataPlane.generation,
            runtimes: versions, httpPort: sockets.http.port, grpcPort: sockets.grpc.port, authentication: authentication
        )
    }

    func usage() async throws(ControlError) -> (blobBytes: Int, freeBytes: Int) {
        let usage = try await store.usage()
        return (usage.blobBytes, usage.freeBytes ?? 0)
    }

    func verify() async throws(ControlError) -> VerifyReport {
        VerifyReport(try await store.verify())
    }
}

extension VerifyReport {
    init(_ result: VerifyResult) {
        self.init(
            blobs: result.blobs, bytes: result.bytes, auditEvents: result.auditEvents,
            problems: result.problems.map { Problem(subject: $0.subject, message: $0.message) })
    }
}
