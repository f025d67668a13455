import Gateway
import Identity
import InferenceProtobuf
import Journal
import NIOCore
import Serving
import Testing

@testable import GRPCGateway

@Suite struct ServicesTests {
    @Test func `the server is live, and ready when it wants requests`() async throws {
        let workshop = try await Workshop()
        #expect(try await workshop.ask(.serverLive).bool(1))
        #expect(try await workshop.ask(.serverReady).bool(1))
        workshop.readiness.isOn = false
        #expect(try await workshop.ask(.serverLive).bool(1))
        #expect(try await !workshop.ask(.serverReady).bool(1))
    }

    @Test func `an endpoint's metadata has its tensors, open dimensions as -1`() async throws {
        let workshop = try await Workshop()
        let answer = try await workshop.ask(.modelMetadata) { $0.string(1, "fast") }
        #expect(try answer.string(1) == "fast")
        #expect(try answer.strings(2) == ["3"])
        #expect(try answer.string(3) == "onnxruntime_onnx")
        let input = try #require(try answer.messages(4).first)
        #expect(try input.string(1) == "x")
        #expect(try input.string(2) == "FP32")
        var shape = ProtobufBuilder()
        shape.string(1, "x")
        shape.string(2, "FP32")
        shape.packed(3, [-1, 2])
        #expect(input.bytes == shape.bytes)
    }

    @Test func `an endpoint is looked up in its space, and its version must be the one behind it`() async throws {
        let workshop = try await Workshop()
        #expect(try await workshop.ask(.modelReady) { $0.string(1, "fast") }.bool(1))
        #expect(try await !workshop.ask(.modelReady) { $0.string(1, "off") }.bool(1))
        #expect(try await workshop.ask(.modelMetadata, space: "prod") { $0.string(1, "fast") }.strings(2) == ["7"])
        let other = await workshop.status(.modelReady) { request in
            request.string(1, "fast")
            request.string(2, "7")
        }
        #expect(other == GRPCStatus(.notFound, "endpoint 'fast' serves version 3, not 7"))
        let missing = await workshop.status(.modelConfig) { $0.string(1, "slow") }
        #expect(missing.code == .notFound)
        #expect(missing.message.contains("there is no endpoint 'slow' in space 'default'"))
    }

    @Test func `the configuration has the numbers of Triton's types`() async throws {
        let workshop = try await Workshop()
        let config = try #require(
            try await workshop.ask(.modelConfig) { $0.string(1, "fast") }.messages(1).first)
        #expect(try config.string(17) == "onnxruntime")
        #expect(try config.string(8) == "model.onnx")
        let input = try #require(try config.messages(5).first)
        #expect(try input.uint64(2) == 11)
        let parameter = try #require(try config.messages(14).first)
        #expect(try parameter.string(1) == "labels")
        #expect(try parameter.messages(2).map { try $0.string(1) } == ["no,yes"])
    }

    @Test func `the index lists a space, and only what is ready where that is asked`() async throws {
        let workshop = try await Workshop()
        let all = try await workshop.ask(.repositoryIndex).messages(1)
        #expect(try all.map { try $0.string(1) } == ["broken", "fast", "off"])
        #expect(try all.map { try $0.string(3) } == ["UNAVAILABLE", "READY", "UNAVAILABLE"])
        #expect(try all.map { try $0.string(4) } == ["the model is broken", "", "unloaded"])
        let ready = try await workshop.ask(.repositoryIndex) { $0.bool(2, true) }.messages(1)
        #expect(try ready.map { try $0.string(1) } == ["fast"])
    }

    @Test func `statistics are of one endpoint or of all`() async throws {
        let workshop = try await Workshop()
        #expect(try await workshop.ask(.modelStatistics).messages(1).count == 3)
        let endpoint = try #require(workshop.dataPlane.endpoint(space: "default", name: "fast"))
        endpoint.statistics.recordSuccess(.init(rows: 5, queue: 1, decode: 2, compute: 3, encode: 4))
        let one = try #require(
            try await workshop.ask(.modelStatistics) { $0.string(1, "fast") }.messages(1).first)
        #expect(try one.uint64(4) == 5)
        let sums = try #require(try one.messages(6).first)
        let success = try #require(try sums.messages(1).first)
        #expect(try success.uint64(1) == 1)
        #expect(try success.uint64(2) == 10)
    }

    @Test func `a load with files or a configuration, or of nothing, is refused`() async throws {
        let workshop = try await Workshop()
        let override = await workshop.status(.repositoryModelLoad) { request in
            request.string(2, "fast")
            request.entry(3, "config") { $0.element(3, "{}") }
        }
        #expect(override.code == .invalidArgument)
        #expect(override.message.contains("'config'"))
        for (field, name) in [(UInt32(1), "kserve"), (2, "triton")] {
            let missing = await workshop.status(.repositoryModelUnload) { $0.string(field, name) }
            #expect(missing.code == .notFound)
            #expect(missing.message.contains(name))
        }
    }

    @Test func `tracing, logging and shared memory stay as they are`() async throws {
        let workshop = try await Workshop()
        #expect(try await workshop.ask(.traceSetting).messages(1).count == 6)
        #expect(try await workshop.ask(.logSettings).messages(1).count == 6)
        let tracing = await workshop.status(.traceSetting) { request in
            request.entry(1, "trace_level") { $0.element(1, "TIMESTAMPS") }
        }
        #expect(tracing.code == .invalidArgument)
        let logging = await workshop.status(.logSettings) { request in
            request.entry(1, "log_info") { $0.choice(1, 0) }
        }
        #expect(logging.message.contains("(log_info)"))
        #expect(await workshop.status(.systemSharedMemoryStatus) == .ok)
        #expect(await workshop.status(.cudaSharedMemoryStatus) { $0.string(1, "r") }.code == .invalidArgument)
        #expect(await workshop.status(.systemSharedMemoryRegister) { $0.string(1, "r") }.code == .invalidArgument)
        #expect(await workshop.status(.cudaSharedMemoryUnregister) == .ok)
    }

    @Test func `a message that is none is refused`() async throws {
        let workshop = try await Workshop()
        let status = await #expect(throws: GRPCStatus.self) {
            try await workshop.services.answer(
                .modelReady, ByteBuffer(bytes: [0x0a, 0x7f]), space: "default", caller: .local)
        }
        #expect(status?.code == .invalidArgument)
    }

    @Test func `every method has a path of its own, and every unary one is listed`() {
        let paths = GRPCMethod.all.map(\.path)
        #expect(Set(paths).count == paths.count)
        #expect(paths.contains("/inference.GRPCInferenceService/ModelInfer"))
        #expect(paths.contains("/grpc.health.v1.Health/Check"))
        for method in UnaryMethod.allCases {
            #expect(GRPCMethod.all.count { $0.kind == .unary(method) } == 1, "\(method)")
        }
    }
}
