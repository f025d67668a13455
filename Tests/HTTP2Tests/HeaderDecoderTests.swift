import Testing

@testable import HTTP2

/// Header blocks, with the examples of RFC 7541 appendix C.
@Suite struct HeaderDecoderTests {
    private static func bytes(_ hexadecimal: String) -> [UInt8] {
        let digits = hexadecimal.filter { $0 != " " }.map { UInt8($0.hexDigitValue ?? 0) }
        return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }

    private static func lines(_ list: HeaderList?) -> [String]? {
        guard let list else { return nil }
        return (0..<list.count).map {
            String(decoding: list.name($0), as: UTF8.self) + "=" + String(decoding: list.value($0), as: UTF8.self)
        }
    }

    private static func decode(_ decoder: inout HeaderDecoder, _ block: [UInt8]) throws -> [String]? {
        let result: Result<HeaderList?, HTTP2Fault> = block.withUnsafeBytes { bytes in
            do throws(HTTP2Fault) {
                return .success(try decoder.decode(bytes))
            } catch {
                return .failure(error)
            }
        }
        return lines(try result.get())
    }

    private static func decoder(list: Int = 4096, lines: Int = 100, table: Int = 4096) -> HeaderDecoder {
        HeaderDecoder(tableSize: table, listLimit: list, lineLimit: lines)
    }

    private static let requests = [
        [":method=GET", ":scheme=http", ":path=/", ":authority=www.example.com"],
        [":method=GET", ":scheme=http", ":path=/", ":authority=www.example.com", "cache-control=no-cache"],
        [
            ":method=GET", ":scheme=https", ":path=/index.html", ":authority=www.example.com",
            "custom-key=custom-value",
        ],
    ]

    @Test(arguments: [
        [
            "8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d", "8286 84be 5808 6e6f 2d63 6163 6865",
            "8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65",
        ],
        [
            "8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff", "8286 84be 5886 a8eb 1064 9cbf",
            "8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf",
        ],
    ])
    func `the RFC's requests are read, plain and packed`(_ blocks: [String]) throws {
        var decoder = Self.decoder()
        for (block, expected) in zip(blocks, Self.requests) {
            #expect(try Self.decode(&decoder, Self.bytes(block)) == expected)
        }
        #expect(decoder.table.size == 164)
    }

    @Test func `old entries leave the table when new ones need the room`() throws {
        var decoder = Self.decoder(table: 256)
        let blocks = [
            "4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6 2d1b ff6e 919d 29ad 1718 63c7 8f0b 97c8 e9ae 82ae 43d3",
            "4883 640e ffc1 c0bf",
            "88c1 6196 d07a be94 1054 d444 a820 0595 040b 8166 e084 a62d 1bff c05a 839b d9ab 77ad 94e7 821d d7f2 e6c7 b335 dfdf cd5b 3960 d5af 2708 7f36 72c1 ab27 0fb5 291f 9587 3160 65c0 03ed 4ee5 b106 3d50 07",
        ]
        _ = try Self.decode(&decoder, Self.bytes(blocks[0]))
        #expect(
            try Self.decode(&decoder, Self.bytes(blocks[1])) == [
                ":status=307", "cache-control=private", "date=Mon, 21 Oct 2013 20:13:21 GMT",
                "location=https://www.example.com",
            ])
        #expect(decoder.table.size == 222)
        #expect(
            try Self.decode(&decoder, Self.bytes(blocks[2])) == [
                ":status=200", "cache-control=private", "date=Mon, 21 Oct 2013 20:13:22 GMT",
                "location=https://www.example.com", "content-encoding=gzip",
                "set-cookie=foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1",
            ])
        #expect(decoder.table.size == 215)
    }

    @Test(arguments: [
        ("an index that nothing has", "c0"), ("index 0", "80"), ("a number without end", "ffffffffffffff"),
        ("a string longer than the block", "0005 61"), ("a name without a value", "0001 61"),
        ("a larger table than allowed", "3fe2 1f"), ("a change of the table behind a line", "82 20"),
        ("padding of more than seven bits", "0081 ff 00"), ("padding that is not all ones", "0081 18 00"),
        ("the end of string inside a string", "0084 ffff fffc 00"),
    ])
    func `what is no header block is refused`(_ name: String, _ block: String) {
        var decoder = Self.decoder()
        #expect(throws: HTTP2Fault.badHeaderBlock, "\(name)") { try Self.decode(&decoder, Self.bytes(block)) }
    }

    @Test func `every byte survives being packed`() {
        // The codes of all symbols one after the other, made from the table's own order.
        for symbol in 0..<256 {
            let code = HuffmanWriter.pack([UInt8(symbol), UInt8(255 - symbol)])
            var output: [UInt8] = []
            let isString = code.withUnsafeBytes { HuffmanCode.hpack.decode($0, into: &output) }
            #expect(isString && output == [UInt8(symbol), UInt8(255 - symbol)], "symbol \(symbol)")
        }
    }

    @Test func `a list beyond its limit is decoded and not kept`() throws {
        var decoder = Self.decoder(list: 100)
        let long = Peer.block([("a", String(repeating: "x", count: 80))])
        // Literal with indexing: the table grows although the list is refused.
        let indexed: [UInt8] = [0x40, 1, 0x62, 1, 0x63]
        #expect(try Self.decode(&decoder, long + indexed) == nil)
        #expect(try Self.decode(&decoder, [0xbe]) == ["b=c"])
    }

    @Test func `a few bytes that mean megabytes cost none`() throws {
        var decoder = Self.decoder(list: 8192)
        let value = [UInt8](repeating: 0x78, count: 4000)
        // 4000 bytes into the table, then ten thousand references to them.
        let bomb: [UInt8] = [0x40, 1, 0x61, 0x7f, 0xa1, 0x1e] + value + [UInt8](repeating: 0xbe, count: 10_000)
        #expect(try Self.decode(&decoder, bomb) == nil)
    }

    @Test func `more lines than the limit are refused`() throws {
        var decoder = Self.decoder(lines: 3)
        #expect(try Self.decode(&decoder, [0x82, 0x82, 0x82])?.count == 3)
        #expect(try Self.decode(&decoder, [0x82, 0x82, 0x82, 0x82]) == nil)
    }
}
