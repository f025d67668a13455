import Identity

/// What answers predictions, in each protocol that there is a client for.
extension Route {
    /// `{endpoint}` alone and with a version, each followed by `tail`.
    private static func endpointPaths(_ tail: String = "") -> [String] {
        ["/v2/models/{endpoint}" + tail, "/v2/models/{endpoint}/versions/{version}" + tail]
    }

    static let openInference: [Route] = [
        Route(
            .serverMetadata, .get, ["/v2"], permission: .viewServer, by: .memory, spaced: true,
            "Name, version and protocol extensions of this server"),
        Route(
            .serverLive, .get, ["/v2/health/live"], permission: .viewHealth, by: .memory, spaced: true,
            "Whether the server runs"),
        Route(
            .serverReady, .get, ["/v2/health/ready"], permission: .viewHealth, by: .memory, spaced: true,
            "Whether the server answers predictions"),
        Route(
            .endpoints, .get, ["/v2/models"], permission: .viewDeployments, by: .memory, spaced: true,
            "The names of all endpoints of the space"),
        Route(
            .allStatistics, .get, ["/v2/models/stats"], permission: .viewDeployments, by: .memory, spaced: true,
            "Statistics of all endpoints of the space"),
        Route(
            .infer, .post, endpointPaths("/infer"), permission: .predict, by: .prediction(.openInference),
            body: .endpointLimit, spaced: true, "A prediction"),
        Route(
            .endpointMetadata, .get, endpointPaths(), permission: .viewDeployments, by: .memory, spaced: true,
            "Inputs and outputs of an endpoint"),
        Route(
            .endpointReady, .get, endpointPaths("/ready"), permission: .viewDeployments, by: .memory, spaced: true,
            "Whether an endpoint answers predictions"),
        Route(
            .endpointConfig, .get, endpointPaths("/config"), permission: .viewDeployments, by: .memory, spaced: true,
            "The configuration of an endpoint in the form of Triton"),
        Route(
            .endpointStatistics, .get, endpointPaths("/stats"), permission: .viewDeployments, by: .memory,
            spaced: true, "Statistics of an endpoint"),
        Route(
            .repositoryIndex, .post, ["/v2/repository/index"], permission: .viewDeployments, by: .memory,
            spaced: true, "The state of every endpoint of the space"),
        Route(
            .repositoryLoad, .post, ["/v2/repository/models/{endpoint}/load"], permission: .loadModels,
            by: .management, spaced: true, "Brings the model of an endpoint back into memory"),
        Route(
            .repositoryUnload, .post, ["/v2/repository/models/{endpoint}/unload"], permission: .loadModels,
            by: .management, spaced: true, "Takes the model of an endpoint out of memory"),
    ]

    /// What Triton's clients ask for beyond the protocol.
    static let triton: [Route] =
        [
            Route(
                .traceSettings, .get, ["/v2/trace/setting", "/v2/models/{endpoint}/trace/setting"],
                permission: .viewServer, by: .memory, "Trace settings: tracing is off"),
            Route(
                .updateTraceSettings, .post, ["/v2/trace/setting", "/v2/models/{endpoint}/trace/setting"],
                permission: .viewServer, by: .memory, "Refused unless it leaves tracing off"),
            Route(.logSettings, .get, ["/v2/logging"], permission: .viewServer, by: .memory, "Log settings"),
            Route(
                .updateLogSettings, .post, ["/v2/logging"], permission: .viewServer, by: .memory,
                "Refused: log settings belong to the server's configuration"),
        ]
        + sharedMemory(
            "system", list: .systemSharedMemory, register: .systemSharedMemoryRegister,
            unregister: .systemSharedMemoryUnregister)
        + sharedMemory(
            "cuda", list: .cudaSharedMemory, register: .cudaSharedMemoryRegister,
            unregister: .cudaSharedMemoryUnregister)

    private static func sharedMemory(
        _ kind: String, list: RouteID, register: RouteID, unregister: RouteID
    ) -> [Route] {
        let base = "/v2/\(kind)sharedmemory"
        return [
            Route(
                list, .get, [base + "/status", base + "/region/{region}/status"], permission: .viewServer, by: .memory,
                "Registered shared memory regions: always none"),
            Route(
                register, .post, [base + "/region/{region}/register"], permission: .predict, by: .memory,
                "Refused: tensors travel in the request"),
            Route(
                unregister, .post, [base + "/unregister", base + "/region/{region}/unregister"],
                permission: .predict, by: .memory, "Nothing to do: no region is ever registered"),
        ]
    }

    private static func tensorFlowPaths(_ tail: String) -> [String] {
        [
            "/v1/models/{endpoint}" + tail, "/v1/models/{endpoint}/versions/{version}" + tail,
            "/v1/models/{endpoint}/labels/{label}" + tail,
        ]
    }

    static let tensorFlow: [Route] = [
        Route(
            .tensorFlowStatus, .get, tensorFlowPaths(""), permission: .viewDeployments, by: .memory, spaced: true,
            "The state of an endpoint in the form of TensorFlow Serving"),
        Route(
            .tensorFlowMetadata, .get, tensorFlowPaths("/metadata"), permission: .viewDeployments, by: .memory,
            spaced: true, "Inputs and outputs in the form of TensorFlow Serving"),
        Route(
            .tensorFlowPredict, .post, tensorFlowPaths(":predict"), permission: .predict,
            by: .prediction(.tensorFlow), body: .endpointLimit, spaced: true,
            "A prediction in the row or column form of TensorFlow Serving"),
        Route(
            .tensorFlowClassify, .post, tensorFlowPaths(":classify"), permission: .predict, by: .memory, spaced: true,
            "Refused: it needs tf.Example, which only TensorFlow models take"),
        Route(
            .tensorFlowRegress, .post, tensorFlowPaths(":regress"), permission: .predict, by: .memory, spaced: true,
            "Refused: it needs tf.Example, which only TensorFlow models take"),
    ]

    static let scoring: [Route] = [
        Route(
            .ping, .get, ["/ping"], permission: .viewHealth, by: .memory,
            "Whether the server answers predictions, as SageMaker asks"),
        Route(
            .endpointPing, .get, ["/endpoints/{endpoint}/ping"], permission: .viewDeployments, by: .memory,
            spaced: true,
            "Whether an endpoint answers predictions, as SageMaker asks"),
        Route(
            .invocations, .post, ["/invocations"], permission: .predict, by: .prediction(.invocations),
            body: .endpointLimit, spaced: true,
            "A prediction as MLflow's server and SageMaker's containers take it, of the endpoint that is named, or the only one"
        ),
        Route(
            .endpointInvocations, .post, ["/endpoints/{endpoint}/invocations"], permission: .predict,
            by: .prediction(.invocations), body: .endpointLimit, spaced: true,
            "A prediction as MLflow's server and SageMaker's containers take it"),
    ]
}
