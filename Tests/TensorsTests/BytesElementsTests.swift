import Testing

@testable import Tensors

@Suite struct BytesElementsTests {
    static func count(_ bytes: [UInt8]) -> Int? { bytes.withUnsafeBytes { BytesElements.count(in: $0) } }

    @Test(
        arguments: [
            ([], 0), ([0, 0, 0, 0], 1), ([1, 0, 0, 0, 65], 1), ([0, 0, 0, 0, 2, 0, 0, 0, 65, 66], 2), ([1], nil),
            ([1, 0, 0], nil), ([1, 0, 0, 0], nil), ([0, 0, 0, 0, 9], nil), ([255, 255, 255, 255, 1, 2], nil),
        ] as [([UInt8], Int?)])
    func `lengths must add up`(bytes: [UInt8], count: Int?) {
        #expect(Self.count(bytes) == count)
    }

    @Test func `what is encoded comes back`() throws {
        let elements: [[UInt8]] = [[], [1], Array(0...255), [0, 0, 0, 0]]
        let storage = try #require(BytesElements.encode(elements))
        #expect(BytesElements.count(in: storage.bytes) == 4)
        var back: [[UInt8]] = []
        BytesElements.forEach(in: storage.bytes) { (element) throws(Never) in back.append(Array(element)) }
        #expect(back == elements)
    }

    @Test func `going through damaged bytes stops at the damage`() {
        let bytes: [UInt8] = [1, 0, 0, 0, 65, 200, 0, 0, 0, 66]
        var seen = 0
        bytes.withUnsafeBytes { buffer in
            BytesElements.forEach(in: buffer) { (_) throws(Never) in seen += 1 }
        }
        #expect(seen == 1)
    }
}
