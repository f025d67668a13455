import Gateway
import InferenceProtobuf
import NIOCore
import Testing

@testable import GRPCGateway

@Suite struct HealthTests {
    static let serving: UInt64 = 1
    static let notServing: UInt64 = 2
    static let unknown: UInt64 = 3

    @Test(arguments: ["", "inference.GRPCInferenceService", "grpc.health.v1.Health"])
    func `the server and its services are as ready as it is`(service: String) async throws {
        let workshop = try await Workshop()
        #expect(try await workshop.ask(.healthCheck) { $0.string(1, service) }.uint64(1) == Self.serving)
        workshop.readiness.isOn = false
        #expect(try await workshop.ask(.healthCheck) { $0.string(1, service) }.uint64(1) == Self.notServing)
    }

    @Test func `a service that nobody knows is not found, but can be watched`() async throws {
        let workshop = try await Workshop()
        #expect(await workshop.status(.healthCheck) { $0.string(1, "other") }.code == .notFound)
        var request = ProtobufBuilder()
        request.string(1, "other")
        let watched = try ProtobufMessage(try workshop.services.healthStatus(request.bytes))
        #expect(try watched.uint64(1) == Self.unknown)
    }

    @Test func `the list has every service, and the server as a whole`() async throws {
        let workshop = try await Workshop()
        let names = try await workshop.ask(.healthList).messages(1).map { try $0.string(1) }
        #expect(Set(names) == Set(GRPCMethod.services + [""]))
    }
}
