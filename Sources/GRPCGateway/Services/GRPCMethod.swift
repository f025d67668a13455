package import Identity

/// One thing that can be asked over gRPC. There is none without a permission: the initialiser asks for it.
package struct GRPCMethod: Sendable {
    /// Who gives the answer, and in which form.
    package enum Kind: Sendable, Hashable {
        /// `ModelInfer`.
        case infer
        /// `ModelStreamInfer`.
        case inferStream
        /// One request, one answer, out of `GRPCServices.answer`.
        case unary(UnaryMethod)
        /// An answer now and another whenever it changes, each out of `GRPCServices.healthStatus`.
        case healthWatch
        /// Each request of the stream is answered by `GRPCServices.reflect`; both versions have the same messages.
        case reflection
    }

    /// `/SERVICE/METHOD`, as the request's `:path` has it.
    package let path: String
    package let permission: Permission
    package let kind: Kind

    private init(_ service: String, _ name: String, _ permission: Permission, _ kind: Kind) {
        self.path = "/\(service)/\(name)"
        self.permission = permission
        self.kind = kind
    }

    private init(_ method: UnaryMethod, _ permission: Permission) {
        self.init(method.service, method.name, permission, .unary(method))
    }

    /// All methods of the gRPC port.
    package static let all: [GRPCMethod] = inference + triton + information

    private static let inference: [GRPCMethod] = [
        GRPCMethod(inferenceService, "ModelInfer", .predict, .infer),
        GRPCMethod(inferenceService, "ModelStreamInfer", .predict, .inferStream),
        GRPCMethod(.serverLive, .viewHealth),
        GRPCMethod(.serverReady, .viewHealth),
        GRPCMethod(.serverMetadata, .viewServer),
        GRPCMethod(.modelReady, .viewDeployments),
        GRPCMethod(.modelMetadata, .viewDeployments),
        GRPCMethod(.repositoryIndex, .viewDeployments),
        GRPCMethod(.repositoryModelLoad, .loadModels),
        GRPCMethod(.repositoryModelUnload, .loadModels),
    ]

    /// What Triton's clients ask for beyond the protocol.
    private static let triton: [GRPCMethod] = [
        GRPCMethod(.modelConfig, .viewDeployments),
        GRPCMethod(.modelStatistics, .viewDeployments),
        GRPCMethod(.systemSharedMemoryStatus, .viewServer),
        GRPCMethod(.systemSharedMemoryRegister, .predict),
        GRPCMethod(.systemSharedMemoryUnregister, .predict),
        GRPCMethod(.cudaSharedMemoryStatus, .viewServer),
        GRPCMethod(.cudaSharedMemoryRegister, .predict),
        GRPCMethod(.cudaSharedMemoryUnregister, .predict),
        GRPCMethod(.traceSetting, .viewServer),
        GRPCMethod(.logSettings, .viewServer),
    ]

    private static let information: [GRPCMethod] = [
        GRPCMethod(.healthCheck, .viewHealth),
        GRPCMethod(.healthList, .viewHealth),
        GRPCMethod(healthService, "Watch", .viewHealth, .healthWatch),
        GRPCMethod(reflectionServices[0], "ServerReflectionInfo", .viewServer, .reflection),
        GRPCMethod(reflectionServices[1], "ServerReflectionInfo", .viewServer, .reflection),
    ]

    static let inferenceService = "inference.GRPCInferenceService"
    static let healthService = "grpc.health.v1.Health"
    static let reflectionServices = [
        "grpc.reflection.v1.ServerReflection", "grpc.reflection.v1alpha.ServerReflection",
    ]
    /// What reflection lists, and what health knows.
    static let services = [healthService] + reflectionServices + [inferenceService]
}

/// The methods that take one small message and give one.
package enum UnaryMethod: String, Sendable, Hashable, CaseIterable {
    case serverLive, serverReady, serverMetadata
    case modelReady, modelMetadata, modelConfig, modelStatistics
    case repositoryIndex, repositoryModelLoad, repositoryModelUnload
    case systemSharedMemoryStatus, systemSharedMemoryRegister, systemSharedMemoryUnregister
    case cudaSharedMemoryStatus, cudaSharedMemoryRegister, cudaSharedMemoryUnregister
    case traceSetting, logSettings
    case healthCheck, healthList

    var service: String {
        switch self {
        case .healthCheck, .healthList: GRPCMethod.healthService
        default: GRPCMethod.inferenceService
        }
    }

    /// As the service calls it.
    var name: String {
        switch self {
        case .healthCheck: "Check"
        case .healthList: "List"
        default: rawValue.prefix(1).uppercased() + rawValue.dropFirst()
        }
    }
}
