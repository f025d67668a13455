import Testing

@testable import Journal

struct AuditHeadTests {
    /// Of RFC 8032, section 7.1, test 1.
    fileprivate static let secret = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"
    private static let publicKey = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"

    private func head(_ signer: AuditSigner = AuditSigner(), sequence: Int = 3) throws -> AuditHead {
        try signer.sign(
            sequence: sequence, hash: String(repeating: "ab", count: 32), generation: Generation(sequence),
            at: Timestamp(microseconds: 1_700_000_000_000_000))
    }

    @Test func `the public key is that of the standard`() throws {
        let signer = try #require(AuditSigner(secret: Self.secret))
        #expect(signer.publicKey == Self.publicKey)
        #expect(signer.secret == Self.secret)
        #expect(try head(signer).isGenuine)
    }

    @Test(arguments: [
        "", "ab", "zz" + String(AuditHeadTests.secret.dropFirst(2)), AuditHeadTests.secret + "00",
        AuditHeadTests.secret.uppercased(),
    ])
    func `what is no key is not taken for one`(text: String) {
        #expect(AuditSigner(secret: text) == nil)
    }

    @Test func `a change of any field makes a head false`() throws {
        let head = try head()
        #expect(head.isGenuine)
        let other = AuditSigner()
        let changed = [
            AuditHead(
                sequence: 4, hash: head.hash, generation: head.generation, at: head.at, key: head.key,
                signature: head.signature),
            AuditHead(
                sequence: head.sequence, hash: "ac" + head.hash.dropFirst(2), generation: head.generation, at: head.at,
                key: head.key, signature: head.signature),
            AuditHead(
                sequence: head.sequence, hash: head.hash, generation: 4, at: head.at, key: head.key,
                signature: head.signature),
            AuditHead(
                sequence: head.sequence, hash: head.hash, generation: head.generation, at: "2026-01-01T00:00:00Z",
                key: head.key, signature: head.signature),
            AuditHead(
                sequence: head.sequence, hash: head.hash, generation: head.generation, at: head.at,
                key: other.publicKey, signature: head.signature),
            AuditHead(
                sequence: head.sequence, hash: head.hash, generation: head.generation, at: head.at, key: head.key,
                signature: try self.head(other).signature),
            AuditHead(
                sequence: head.sequence, hash: head.hash, generation: head.generation, at: head.at, key: head.key,
                signature: "no signature"),
        ]
        for head in changed { #expect(!head.isGenuine) }
    }
}

struct AuditProofTests {
    private let signer = AuditSigner()

    private func chain(_ count: Int, salt: String = "") -> [AuditEvent] {
        var events: [AuditEvent] = []
        for number in 0..<count {
            events.append(
                AuditEvent(
                    following: events.last?.hash ?? AuditEvent.genesis, sequence: number + 1,
                    at: Timestamp(microseconds: number * 1000), principal: "local", space: "default",
                    action: "version.push", subject: "churn:\(number)\(salt)", detail: "{}",
                    generation: Generation(number + 1)))
        }
        return events
    }

    private func head(of event: AuditEvent, by signer: AuditSigner? = nil) throws -> AuditHead {
        try (signer ?? self.signer).sign(
            sequence: event.sequence, hash: event.hash, generation: event.generation, at: event.at)
    }

    private func proof(_ events: [AuditEvent], _ heads: [AuditHead], generation: Int?) -> AuditProof {
        var proof = AuditProof(heads: heads, key: signer.publicKey)
        for event in events { proof.accept(event) }
        proof.end(at: generation.map(Generation.init))
        return proof
    }

    @Test func `an untouched chain agrees with its heads, in whatever order they come`() throws {
        let events = chain(6)
        let heads = try [events[4], events[0], events[2], events[4]].map { try head(of: $0) }
        let proof = proof(events, heads, generation: 6)
        #expect(proof.problems.isEmpty)
        #expect(proof.heads == 4)
        #expect(proof.lastHead?.sequence == 5)
    }

    @Test func `events cut off the end are found even where the generation was set back`() throws {
        let events = chain(6)
        let found = proof(Array(events.prefix(3)), [try head(of: events[5])], generation: 3).problems
        #expect(found.count == 1)
        #expect(found.first?.contains("events 4 to 6 are missing from the end") == true)
        let one = proof(Array(events.prefix(5)), [try head(of: events[5])], generation: 5).problems
        #expect(one.first?.contains("event 6 is missing") == true)
    }

    @Test func `a chain that was made anew is not the one that was signed`() throws {
        let head = try head(of: chain(6)[3])
        let forged = proof(chain(6, salt: "x"), [head], generation: 6).problems
        #expect(forged == ["event 4 is not the one whose head was signed at 1970-01-01T00:00:00.003000Z"])
    }

    @Test func `heads of another key and false ones are problems, and prove nothing`() throws {
        let events = chain(2)
        let foreign = try head(of: events[1], by: AuditSigner())
        #expect(proof(events, [foreign], generation: 2).problems.first?.contains("another key") == true)
        let genuine = try head(of: events[1])
        let false1 = AuditHead(
            sequence: 9, hash: genuine.hash, generation: 9, at: genuine.at, key: genuine.key,
            signature: genuine.signature)
        let found = proof(events, [false1], generation: 2)
        #expect(found.problems == ["the head of event 9 has a signature that does not fit it"])
        #expect(found.lastHead == nil)
    }

    @Test func `a changed event is named, and only the first`() throws {
        var events = chain(4)
        let old = events[1]
        events[1] = AuditEvent(
            sequence: 2, at: old.at, principal: "mallory", space: old.space, action: old.action, subject: old.subject,
            detail: old.detail, generation: old.generation, previousHash: old.previousHash, hash: old.hash)
        let found = proof(events, [try head(of: events[3])], generation: 4).problems
        #expect(found == ["audit event 2 was changed after it was written: its hash does not match"])
    }

    @Test func `a gap is found`() throws {
        let events = chain(4)
        let found = proof([events[0], events[1], events[3]], [try head(of: events[3])], generation: 4).problems
        #expect(found.first?.contains("audit event 4 stands where event 3 is expected") == true)
    }
}
