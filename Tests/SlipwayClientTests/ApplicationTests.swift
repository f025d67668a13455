import Foundation
import ManagementAPI
import Testing

@testable import SlipwayClient

struct ApplicationTests {
    private static let space = #"{"name":"new","policy":{"isolation":"any"},"models":0,"deployments":0,"createdAt":""}"#
    private static let held =
        #"{"application":7,"principal":"alice","plan":"aa","steps":2,"since":"","patienceSeconds":15}"#
    private static let member = #"{"space":"prod","principal":"p","role":"viewer","createdAt":"","createdBy":""}"#

    @Test func `every call of an application's client carries its number, and those of others do not`() async throws {
        let server = try LoopbackServer(200, Self.space)
        try await withClient(server.address) { client in
            try await client.inApplication(7).createSpace("new")
            try await client.createSpace("new")
        }
        #expect(server.requests.map { $0.headers["slipway-application"] } == ["7", nil])
    }

    @Test func `a plan begins at the generation that it was made of`() async throws {
        let server = try LoopbackServer(201, Self.held)
        let begun = try await withClient(server.address) { client in
            try await client.beginApplication(ApplicationRequest(plan: "aa", steps: 2), ifGeneration: 41)
        }
        #expect(begun.application == 7)
        #expect(server.requests[0].target == "/api/v1/applications")
        #expect(server.requests[0].headers["if-match"] == "\"41\"")
        #expect(String(decoding: server.requests[0].body, as: UTF8.self) == #"{"plan":"aa","steps":2}"#)
    }

    @Test func `a client for another space asks there, and leaves the first one as it is`() async throws {
        let server = try LoopbackServer(200, Self.member)
        try await withClient(server.address) { client in
            try await client.inSpace("prod").setMember("p", role: .viewer, ifNow: .nobody)
            try await client.removeMember("p", ifNow: .role(.viewer))
        }
        #expect(
            server.requests.map(\.target) == [
                "/api/v1/spaces/prod/members/p", "/api/v1/spaces/default/members/p",
            ])
        #expect(server.requests.map { $0.headers["if-match"] } == ["\"none\"", "\"viewer\""])
    }
}
