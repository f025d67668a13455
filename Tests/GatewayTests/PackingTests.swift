import Foundation
import NIOCore
import Testing

@testable import Gateway

/// Packed bodies, made with Python's `gzip` and `zlib`.
@Suite struct PackingTests {
    static let gzip =
        "H4sIAAAAAAACA6tWykxRslIyV9JRyswrKC0pVrKKrlbKS8xNBYpWAEVTEksSSyoLQFy3AGMjoEhxRiKIG22oYxQLkQdx9Ex1dI1ia2NrAcaE9RhSAAAA"
    static let named =
        "H4sICAAAAAAC/2EgbmFtZS5qc29uAKtWykxRslIyV9JRyswrKC0pVrKKrlbKS8xNBYpWAEVTEksSSyoLQFy3AGMjoEhxRiKIG22oYxQLkQdx9Ex1dI1i"
        + "a2NrAcaE9RhSAAAA"
    static let fixed =
        "eAGrVspMUbJSMlfSUcrMKygtKVayiq5WykvMTQWKVgBFUxJLEksqC0BctwBjI6BIcUYiiBttqGMUC5EHcfRMdXSNYmtjawHs/xf5"
    static let stored =
        "eAEBUgCt/3siaWQiOiI3IiwiaW5wdXRzIjpbeyJuYW1lIjoieCIsImRhdGF0eXBlIjoiRlAzMiIsInNoYXBlIjpbMSwyXSwiZGF0YSI6WzEuNSwtMl19XX3s/xf5"
    /// Codes of its own, and pieces repeated from before; it unpacks to 695 bytes.
    static let dynamic =
        "eNo10cFqAzEMBNB/2bMQlm3Jdj6g595DDoEW2kNDICm0hPx7Z9TksrDJ+nk0um2fp/P39bLt9rftdPx633bbzybb2/F6vP6e+fry2ip+uXwc+bqPIvXw"
        + "/wHeihYxNanapemSrhbiWl1CW8jQvmRqdFk6TaxoEzOtXQwnhljTUcW64uHa8EVoVCm6HGxrcEcBbBWyN8grIPcOeRnk3iCvTtkL6Uk5nHIdlOck7Z10"
        + "JT0X6GDk5qQN9GToSHqCbhW0TdBBeWXo6aTHytBOejTSfAZ/Kfknv6s80nC4U3F6Dxl3TN62eC/rcNJIA3omXbMP5vXMHpyj5EgYrnLMxok7Z3e28Oyd"
        + "tLMPtAV6ZB/oEPTKQiJptuwsPNh9yTVwI+gD8mQd2Jdzc48dYpuTe0XThDvdTFyoGtGMu2jiu8ITxrOVSqPXKaMJmJVpcevk/UszLENZBnyGZfCeQ3gO"
        + "FJwNu4jD/XD/A3oXjc0="
    static let bodies: [(PackedBody, String)] = [(.gzip, gzip), (.gzip, named), (.zlib, fixed), (.zlib, stored)]

    private static func bytes(_ text: String) throws -> [UInt8] { Array(try #require(Data(base64Encoded: text))) }

    @Test func `every kind of block and head is unpacked`() throws {
        for (packing, text) in Self.bodies {
            let packed = ByteBuffer(bytes: try Self.bytes(text))
            #expect(String(buffer: try packing.unpack(packed, limit: 82)) == Request.body)
        }
    }

    @Test func `a body that unpacks to more than the limit is refused while it is unpacked`() throws {
        for (packing, text) in Self.bodies {
            let packed = ByteBuffer(bytes: try Self.bytes(text))
            #expect(throws: PackedBodyError.tooLarge) { try packing.unpack(packed, limit: 81) }
        }
        #expect(throws: PackedBodyError.tooLarge) {
            try PackedBody.zlib.unpack(ByteBuffer(bytes: try Self.bytes(Self.dynamic)), limit: 694)
        }
    }

    @Test func `a packed body that is cut short anywhere is refused`() throws {
        for (packing, text) in Self.bodies + [(.zlib, Self.dynamic)] {
            let bytes = try Self.bytes(text)
            for cut in 0..<bytes.count {
                #expect(throws: PackedBodyError.truncated) {
                    try packing.unpack(ByteBuffer(bytes: bytes[..<cut]), limit: 4096)
                }
            }
            #expect(throws: PackedBodyError.self) {
                try packing.unpack(ByteBuffer(bytes: bytes + [0]), limit: 4096)
            }
        }
    }

    @Test func `damage is noticed, whatever it hits`() throws {
        var random = SeededRandom(seed: 1952)
        let original = try Self.bytes(Self.dynamic)
        for _ in 0..<3000 {
            var bytes = original
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                bytes[Int.random(in: 2..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            guard bytes != original else { continue }
            #expect(throws: PackedBodyError.self) { try PackedBody.zlib.unpack(ByteBuffer(bytes: bytes), limit: 4096) }
        }
    }

    @Test func `packed predictions are answered`() async throws {
        let workshop = try await Workshop()
        try await workshop.serving { address in
            try await Wire.connect(address) { session in
                for (coding, text) in [("gzip", Self.gzip), ("deflate", Self.fixed)] {
                    let answer = try await session.ask(
                        "POST", "/v2/models/fast/infer", try Self.bytes(text), fields: ["Content-Encoding: \(coding)"])
                    #expect(answer.status == 200, "\(answer.text)")
                    #expect(try answer.object()["id"] as? String == "7")
                }
                let damaged = try await session.ask(
                    "POST", "/v2/models/fast/infer", Request.body, fields: ["Content-Encoding: gzip"])
                #expect(damaged.status == 400)
                let blob = try await session.ask(
                    "PUT", "/api/v1/spaces/default/blobs/a", "x", fields: ["Content-Encoding: gzip"])
                #expect(blob.status == 415)
            }
        }
    }
}
