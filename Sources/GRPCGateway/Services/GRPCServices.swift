package import Deployments
package import Gateway
package import Identity
import InferenceProtobuf
import Journal
package import NIOCore
package import Serving

/// What is answered over gRPC beside predictions: the inference service's questions about the server and its endpoints,
/// health, and reflection. The caller has been authorised already.
package struct GRPCServices: Sendable {
    let dataPlane: DataPlane
    let deployments: DeploymentService
    let readiness: Readiness
    let serverVersion: String

    /// - Parameter readiness: the one that the HTTP port has.
    package init(
        dataPlane: DataPlane, deployments: DeploymentService, readiness: Readiness, serverVersion: String
    ) {
        self.dataPlane = dataPlane
        self.deployments = deployments
        self.readiness = readiness
        self.serverVersion = serverVersion
    }

    var isReady: Bool { readiness.isOn && dataPlane.isReady }

    /// - Parameters:
    ///   - message: The request, without gRPC's prefix.
    ///   - caller: For the audit of what changes something, and for who may only reach some endpoints.
    package func answer(
        _ method: UnaryMethod, _ message: ByteBuffer, space: String, caller: Caller
    ) async throws(GRPCStatus) -> ByteBuffer {
        do {
            let request = try ProtobufMessage(message)
            return try await answer(method, request, space, caller).bytes
        } catch {
            throw GRPCStatus(describing: error)
        }
    }

    private func answer(
        _ method: UnaryMethod, _ request: ProtobufMessage, _ space: String, _ caller: Caller
    ) async throws -> ProtobufBuilder {
        switch method {
        case .serverLive: return ProtobufBuilder.flag(true)
        case .serverReady: return ProtobufBuilder.flag(isReady)
        case .serverMetadata: return ServerAnswers.metadata(version: serverVersion)
        case .modelReady: return ProtobufBuilder.flag(try endpoint(request, space, caller).isReady)
        case .modelMetadata: return ModelAnswers.metadata(try endpoint(request, space, caller))
        case .modelConfig: return ModelConfigAnswer.config(try endpoint(request, space, caller))
        case .modelStatistics: return StatisticsAnswer.statistics(try endpoints(request, space, caller))
        case .repositoryIndex: return ModelAnswers.index(endpoints(space, caller), onlyReady: try request.bool(2))
        case .repositoryModelLoad: return try await setLoaded(true, request, space, caller)
        case .repositoryModelUnload: return try await setLoaded(false, request, space, caller)
        case .systemSharedMemoryStatus, .cudaSharedMemoryStatus:
            try TritonSettings.checkSharedMemory(region: try request.string(1))
            return ProtobufBuilder()
        case .systemSharedMemoryRegister, .cudaSharedMemoryRegister: throw TritonSettings.sharedMemoryRegistration
        case .systemSharedMemoryUnregister, .cudaSharedMemoryUnregister: return ProtobufBuilder()
        case .traceSetting: return try SettingsAnswers.trace(request)
        case .logSettings: return try SettingsAnswers.log(request)
        case .healthCheck: return try health.check(request)
        case .healthList: return health.list()
        }
    }

    /// The endpoint that the fields `name` and `version` of most requests mean.
    private func endpoint(_ request: ProtobufMessage, _ space: String, _ caller: Caller) throws -> Endpoint {
        let name = try request.string(1)
        guard caller.reaches(endpoint: name) else { throw EndpointLookup.NotFound(name: name, space: space) }
        return try EndpointLookup.find(space: space, name: name, version: try request.string(2), in: dataPlane)
    }

    /// One endpoint, or all of the space where none is named.
    private func endpoints(_ request: ProtobufMessage, _ space: String, _ caller: Caller) throws -> [Endpoint] {
        try request.string(1).isEmpty ? endpoints(space, caller) : [try endpoint(request, space, caller)]
    }

    private func endpoints(_ space: String, _ caller: Caller) -> [Endpoint] {
        dataPlane.endpoints.filter { $0.entry.space == space && caller.reaches(endpoint: $0.entry.name) }
    }

    /// Triton's request has the name in field 2, behind that of a repository; KServe's has it in field 1, and wants to
    /// hear it again.
    private func setLoaded(
        _ loaded: Bool, _ request: ProtobufMessage, _ space: String, _ caller: Caller
    ) async throws -> ProtobufBuilder {
        let second = try request.string(2)
        let name = second.isEmpty ? try request.string(1) : second
        if loaded, let parameter = try request.messages(3).first {
            throw TritonAnswers.loadOverride(try parameter.string(1))
        }
        _ = try await deployments.setLoaded(loaded, endpoint: name, space: space, principal: caller.principal)
        var answer = ProtobufBuilder()
        answer.string(1, name)
        answer.bool(2, true)
        return answer
    }
}

/// Health and reflection, of which each answer is made at once.
extension GRPCServices {
    private var health: HealthService { HealthService(isReady: isReady) }

    /// What `Watch` says now; it says something about services that nobody knows too.
    package func healthStatus(_ message: ByteBuffer) throws(GRPCStatus) -> ByteBuffer {
        do {
            return try health.watch(try ProtobufMessage(message)).bytes
        } catch {
            throw GRPCStatus(describing: error)
        }
    }

    /// The answer to one request of a reflection stream.
    package func reflect(_ message: ByteBuffer) throws(GRPCStatus) -> ByteBuffer {
        do {
            return try ReflectionService.shared.answer(message).bytes
        } catch {
            throw GRPCStatus(describing: error)
        }
    }
}

extension ProtobufBuilder {
    /// The answer of those that say yes or no in field 1.
    static func flag(_ value: Bool) -> ProtobufBuilder {
        var answer = ProtobufBuilder()
        answer.bool(1, value)
        return answer
    }
}
