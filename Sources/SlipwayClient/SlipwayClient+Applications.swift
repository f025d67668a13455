public import ManagementAPI
import NIOCore
import NIOHTTP1

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Declared state: who carries it out, and the schema of its files.
extension SlipwayClient {
    /// How often the server has changed, and who applies declared state now.
    public func applications() async throws(ClientError) -> ApplicationsInfo {
        try await receive(.get("/api/v1/applications", "say how often it has changed"))
    }

    /// Begins to carry declared state out; nobody else can until it has ended.
    ///
    /// - Parameter generation: of the server as the plan found it; refused with status 412 when it has changed since.
    public func beginApplication(
        _ request: ApplicationRequest, ifGeneration generation: Int? = nil
    ) async throws(ClientError) -> ApplicationInfo {
        var call = Call.change(.POST, "/api/v1/applications", "begin to apply")
        call.body = try encode(request)
        if let generation { call.headers.append(("if-match", "\"\(generation)\"")) }
        return try await receive(call)
    }

    /// Says that the holder of the application is alive.
    @discardableResult
    public func renewApplication(_ number: Int) async throws(ClientError) -> ApplicationInfo {
        try await receive(.change(.POST, "/api/v1/applications/\(number)/renew", "hold application \(number)"))
    }

    @discardableResult
    public func endApplication(
        _ number: Int, _ request: ApplicationEndRequest
    ) async throws(ClientError) -> ApplicationInfo {
        var call = Call.change(.DELETE, "/api/v1/applications/\(number)", "end application \(number)")
        call.body = try encode(request)
        return try await receive(call)
    }

    /// The JSON Schema of `slipway.yaml`, as text.
    public func declarationSchema() async throws(ClientError) -> String {
        let answer = try await accepted(.get("/api/v1/slipway.schema.json", "show the schema of slipway.yaml"))
        return String(buffer: answer.body)
    }

    /// The same client for another space; they share their connections, and one of them is shut down.
    public func inSpace(_ space: String) -> SlipwayClient {
        var other = self
        other.space = space
        return other
    }

    /// The same client for the steps of an application: the server refuses each once that has ended.
    public func inApplication(_ number: Int) -> SlipwayClient {
        var other = self
        other.transport.application = number
        return other
    }
}
