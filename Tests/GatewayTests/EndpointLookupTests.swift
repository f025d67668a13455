import Logging
import Serving
import Testing

@testable import Gateway

@Suite struct EndpointLookupTests {
    private func plane() -> DataPlane {
        DataPlane(
            runtimes: [DoublingRuntime()], artifacts: AnyArtifact(),
            configuration: DataPlane.Configuration(width: 1), logger: Logger(label: "test"))
    }

    private func refusal(_ plane: DataPlane) -> EndpointLookup.NotFound? {
        do throws(EndpointLookup.NotFound) {
            _ = try EndpointLookup.find(space: "default", name: "fast", version: nil, in: plane)
            return nil
        } catch {
            return error
        }
    }

    @Test func `until a server that starts knows its endpoints, none of them is missing for good`() async throws {
        let plane = plane()
        let early = try #require(refusal(plane))
        #expect(early.isTemporary && early.message.contains("not there yet"))
        await plane.install(ServingSnapshot(generation: 1, endpoints: []))
        let late = try #require(refusal(plane))
        #expect(!late.isTemporary && late.message.contains("there is no endpoint 'fast'"))
    }
}
