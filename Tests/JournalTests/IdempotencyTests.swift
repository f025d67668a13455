import Testing

@testable import Journal

struct IdempotencyTests {
    @Test(arguments: ["", " ", "a b", "a\n", "é", String(repeating: "k", count: 256)])
    func `a key that is not visible ASCII of a sensible length is refused`(key: String) {
        #expect(throws: ControlError.self) { try Idempotency(key: key, request: []) }
    }

    @Test func `the hash tells requests apart however their parts are cut`() throws {
        let hashes = try [["ab", "c"], ["a", "bc"], ["abc"], ["abc", ""], ["", "abc"], []].map {
            try Idempotency(key: "k", request: $0).requestHash
        }
        #expect(Set(hashes).count == hashes.count)
        #expect(try Idempotency(key: "other", request: ["ab", "c"]).requestHash == hashes[0])
    }
}
