import Gateway
import Identity
import InferenceProtobuf
import InferenceProtocol
import Journal
import NIOCore
import Testing

@testable import GRPCGateway

/// Every method, asked by everybody, in their own space and another; and keys that end while calls are open.
@Suite struct AccessTests {
    private static let roles: [Role?] = [.viewer, .developer, .validator, .operator, .owner, .reporter, nil]
    private static let root = "root"

    /// Each role in `default`, nobody in `prod`, and an owner of the server.
    private struct People {
        var keys: [String: KeyText] = [:]
        var snapshot: AccessSnapshot

        init(limits: KeyLimits = KeyLimits()) {
            snapshot = AccessSnapshot(
                generation: 1, spaces: ["default", "prod"].map { SpaceAccess(name: $0) }, admins: [root])
            for name in AccessTests.roles.map({ $0?.rawValue ?? "stranger" }) + [AccessTests.root] {
                let text = KeyText.make(SystemRandomNumberGenerator())
                keys[name] = text
                let role = Role(rawValue: name)
                snapshot.keys.append(
                    HashedKey(
                        key: APIKey(
                            id: text.id, lineage: text.id, name: "", principal: name,
                            scope: KeyScope(roles: role == .reporter ? [.reporter] : nil), limits: limits,
                            createdAt: Timestamp(microseconds: 0), createdBy: root, expiresAt: nil),
                        secretHash: text.secretHash))
                if let role {
                    snapshot.members.append(
                        Membership(space: "default", principal: name, role: role == .reporter ? .validator : role))
                }
            }
        }

        func metadata(_ name: String?, space: String? = nil) -> [(StaticString, String)] {
            var metadata: [(StaticString, String)] = []
            if let name, let key = keys[name] { metadata.append(("authorization", "Bearer \(key.text)")) }
            if let space { metadata.append(("slipway-space", space)) }
            return metadata
        }

        func revoking(_ name: String) -> AccessSnapshot {
            var snapshot = snapshot
            snapshot.generation += 1
            for index in snapshot.keys.indices where snapshot.keys[index].key.principal == name {
                snapshot.keys[index].key.revokedAt = Timestamp(microseconds: 1)
            }
            return snapshot
        }
    }

    /// The status of a refusal; `nil` for let in.
    private static func expected(_ name: String?, _ permission: Permission, _ space: String) -> Int? {
        if permission.reach == .open { return nil }
        guard let name else { return 16 }
        if name == root { return nil }
        switch permission.reach {
        case .open: return nil
        case .admin: return 7
        case .server: return name == "reporter" ? 7 : nil
        case .space:
            guard let role = Role(rawValue: name), space == "default" else { return 5 }
            return permission.roles.contains(role) ? nil : 7
        }
    }

    private static func refusal(_ answer: Caller.Answer, _ space: String) -> Int? {
        switch answer.status {
        case 16, 7: answer.status
        case 5: answer.message?.contains("there is no space '\(space)'") == true ? 5 : nil
        default: nil
        }
    }

    @Test(arguments: roles.map { $0?.rawValue ?? "stranger" } + [root, "nobody"])
    func `each method lets in whom the table lets in, and refuses everybody else as it says`(name: String) async throws
    {
        let people = People()
        let plane = AccessPlane(people.snapshot)
        let caller = try await Caller(authority: CallerAuthority(plane, isOpen: false))
        let known = name == "nobody" ? nil : name
        var stream: UInt32 = 1
        for method in GRPCMethod.all where method.kind != .healthWatch {
            for space in ["default", "prod"] {
                let path = String(method.path.dropFirst())
                let message = method.kind == .infer || method.kind == .inferStream ? Caller.request() : ByteBuffer()
                try await caller.send(
                    Caller.call(stream, path, metadata: people.metadata(known, space: space))
                        + Caller.data(stream, [message]))
                let answer = try await caller.answers(stream)[0]
                #expect(
                    Self.refusal(answer, space) == Self.expected(known, method.permission, space),
                    "\(name) \(path) in \(space): \(answer.status ?? -1) \(answer.message ?? "")")
                stream += 2
            }
        }
    }

    @Test(arguments: ["Default", "default%2f..%2fprod", "default/../prod", "default ", "", "prod%00"])
    func `no spelling of a space opens it`(space: String) async throws {
        let people = People()
        let caller = try await Caller(authority: CallerAuthority(AccessPlane(people.snapshot), isOpen: false))
        try await caller.send(
            Caller.call(1, metadata: people.metadata("viewer", space: space)) + Caller.data(1, [Caller.request()]))
        #expect(try await [3, 5].contains(caller.answers(1)[0].status))
    }

    @Test func `only health asks nobody`() {
        let open = GRPCMethod.all.filter { $0.permission.reach == .open }.map(\.path)
        #expect(
            open.allSatisfy {
                $0.hasPrefix("/grpc.health.v1.Health/") || $0.hasSuffix("/ServerLive") || $0.hasSuffix("/ServerReady")
            })
        #expect(open.count == 5)
    }

    @Test func `the next message of an open stream is refused once its key is revoked`() async throws {
        let people = People()
        let plane = AccessPlane(people.snapshot)
        let caller = try await Caller(authority: CallerAuthority(plane, isOpen: false))
        let method = "inference.GRPCInferenceService/ModelStreamInfer"
        try await caller.send(
            Caller.call(1, method, metadata: people.metadata("viewer"))
                + Caller.data(1, [Caller.request()], ends: false))
        plane.install(people.revoking("viewer"))
        try await caller.send(Caller.data(1, [Caller.request()], ends: false))
        let answer = try await caller.answers(1)[0]
        #expect(answer.status == 16)
        #expect(answer.message?.contains("revoked") == true)
        #expect(answer.messages.count == 1)
        // And the next call of the connection, whose head is the same.
        try await caller.send(
            Caller.call(3, metadata: people.metadata("viewer")) + Caller.data(3, [Caller.request()]))
        #expect(try await caller.answers(3)[0].status == 16)
    }

    @Test func `a message that was on its way when the key was revoked is refused`() async throws {
        let people = People()
        let plane = AccessPlane(people.snapshot)
        let caller = try await Caller(authority: CallerAuthority(plane, isOpen: false))
        try await caller.send(Caller.call(1, metadata: people.metadata("viewer")))
        plane.install(people.revoking("viewer"))
        try await caller.send(Caller.data(1, [Caller.request()]))
        #expect(try await caller.answers(1)[0].status == 16)
    }

    @Test func `a change that does not concern the caller leaves their stream alone`() async throws {
        let people = People()
        let plane = AccessPlane(people.snapshot)
        let caller = try await Caller(authority: CallerAuthority(plane, isOpen: false))
        let method = "inference.GRPCInferenceService/ModelStreamInfer"
        try await caller.send(
            Caller.call(1, method, metadata: people.metadata("viewer"))
                + Caller.data(1, [Caller.request()], ends: false))
        plane.install(people.revoking("owner"))
        try await caller.send(Caller.data(1, [Caller.request()]))
        let answer = try await caller.answers(1)[0]
        #expect(answer.status == 0)
        #expect(answer.messages.count == 2)
    }

    @Test func `beyond a key's limit is RESOURCE_EXHAUSTED, in a stream for each message`() async throws {
        let people = People(limits: KeyLimits(requestsPerSecond: 1))
        let caller = try await Caller(authority: CallerAuthority(AccessPlane(people.snapshot), isOpen: false))
        var statuses: [Int?] = []
        var retries: [String?] = []
        var stream: UInt32 = 1
        // A busy machine may need a while to ask twice within a second.
        while !statuses.contains(8), stream < 1001 {
            try await caller.send(
                Caller.call(stream, metadata: people.metadata("viewer")) + Caller.data(stream, [Caller.request()]))
            let answer = try await caller.answers(stream)[0]
            statuses.append(answer.status)
            retries.append(answer.trailers["retry-after"] ?? answer.head["retry-after"])
            stream += 2
        }
        #expect(statuses.first == 0)
        #expect(statuses.contains(8))
        #expect(retries.contains("1"))
        let method = "inference.GRPCInferenceService/ModelStreamInfer"
        try await caller.send(
            Caller.call(stream, method, metadata: people.metadata("owner"))
                + Caller.data(stream, [Caller.request(), Caller.request(), Caller.request()]))
        let answer = try await caller.answers(stream)[0]
        #expect(answer.status == 0)
        #expect(answer.messages.count == 3)
    }

    @Test func `a key for some endpoints reaches no others`() async throws {
        var people = People()
        for index in people.snapshot.keys.indices { people.snapshot.keys[index].key.scope.endpoints = ["fast"] }
        let caller = try await Caller(authority: CallerAuthority(AccessPlane(people.snapshot), isOpen: false))
        for (stream, endpoint, status) in [(1, "fast", 0), (3, "broken", 5)] as [(UInt32, String, Int)] {
            try await caller.send(
                Caller.call(stream, metadata: people.metadata("viewer"))
                    + Caller.data(stream, [Caller.request(endpoint)]))
            #expect(try await caller.answers(stream)[0].status == status)
        }
        var message = ProtobufBuilder()
        message.string(1, "broken")
        try await caller.send(
            Caller.call(
                5, "inference.GRPCInferenceService/ModelMetadata", metadata: people.metadata("viewer"))
                + Caller.data(5, [message.bytes]))
        #expect(try await caller.answers(5)[0].status == 5)
    }
}
