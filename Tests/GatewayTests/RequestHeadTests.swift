import Testing

@testable import Gateway

/// What two readers could understand differently is refused, and the connection with it.
@Suite struct RequestHeadTests {
    static let refused: [(String, Int)] = [
        ("GET / HTTP/1.1\nHost: a\n\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\n: nameless\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nX: a\u{0}b\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
        ("GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("GET / HTTP/1.1 \r\nHost: a\r\n\r\n", 400),
        ("GET /\u{e9} HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("GET a HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("GET /\r\nHost: a\r\n\r\n", 400),
        ("GE\u{1}T / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("\u{16}\u{3}\u{1}\u{2}", 400),
        ("GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505),
        ("GET / HTTP/1.x\r\nHost: a\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1,1\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0x1\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", 501),
        ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 501),
        ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n", 501),
        ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\u{b}chunked\r\n\r\n", 400),
        ("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: a\r\nExpect: something\r\n\r\n", 417),
        ("GET /" + String(repeating: "a", count: 9000) + " HTTP/1.1\r\nHost: a\r\n\r\n", 414),
        ("GET / HTTP/1.1\r\nHost: a\r\nX: " + String(repeating: "a", count: 40_000) + "\r\n\r\n", 431),
        ("GET / HTTP/1.1\r\nHost: a\r\n" + String(repeating: "X: y\r\n", count: 101) + "\r\n", 431),
        ("GET /" + String(repeating: "a", count: 70_000), 414),
        ("GET / HTTP/1.1\r\nX: " + String(repeating: "a", count: 70_000), 431),
    ]

    @Test(arguments: refused.indices)
    func `an ambiguous or oversized head is refused and ends the connection`(_ index: Int) async throws {
        let (text, status) = Self.refused[index]
        let bench = try Bench(try await Workshop())
        bench.send(text.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) })
        // Whatever follows must not be taken for a request.
        bench.send(Array("GET / HTTP/1.1\r\nHost: a\r\n\r\n".utf8))
        let answers = bench.answers()
        #expect(answers.map(\.status) == [status], "\(text.prefix(80))")
        #expect(answers.first?["connection"] == "close")
        #expect(try answers.first?.object()["error"] is String)
        #expect(answers.first?["slipway-prediction-id"]?.count == 32)
        #expect(!bench.isOpen)
    }

    @Test(arguments: [
        "GET /v2 HTTP/1.1\r\nHost: a\r\n\r\n",
        "\r\n\r\nGET /v2 HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET http://example.org:80/v2?x=1 HTTP/1.1\r\nhost:a\r\n\r\n",
        "GET HTTPS://example.org/v2/ HTTP/1.1\r\nHOST: \t a \t\r\n\r\n",
        "GET /%762 HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nContent-Length: 0\r\n\r\n",
        "GET /v2 HTTP/1.1\r\nHost: a\r\nX: \u{e9}\r\nEmpty:\r\n\r\n",
        "GET /v2 HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n",
        "GET /v2 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n1;x=y\r\na\r\n0\r\nTrailer: t\r\n\r\n",
    ])
    func `a plain request is answered whichever way its bytes are cut`(_ text: String) async throws {
        let workshop = try await Workshop()
        let bytes = Array(text.utf8)
        for cut in 0...bytes.count {
            let bench = try Bench(workshop)
            bench.send(Array(bytes[..<cut]))
            bench.send(Array(bytes[cut...]))
            let answers = bench.answers()
            #expect(answers.map(\.status) == [200], "cut at \(cut)")
            #expect(answers.first?["connection"] ?? "keep-alive" == "keep-alive")
            #expect(bench.isOpen)
        }
        let bench = try Bench(workshop)
        for byte in bytes { bench.send([byte]) }
        #expect(bench.answers().map(\.status) == [200])
    }

    @Test func `a head that is cut short anywhere is not answered`() async throws {
        let workshop = try await Workshop()
        let bytes = Array("GET /v2 HTTP/1.1\r\nHost: a\r\n\r\n".utf8)
        for cut in 0..<bytes.count {
            let bench = try Bench(workshop)
            bench.send(Array(bytes[..<cut]))
            #expect(bench.answers().isEmpty, "cut at \(cut)")
            #expect(bench.rest.isEmpty)
        }
    }

    @Test func `a connection that asks for its end gets it`() async throws {
        let workshop = try await Workshop()
        for head in ["GET /v2 HTTP/1.1\r\nHost: a\r\nConnection: x, Close\r\n\r\n", "GET /v2 HTTP/1.0\r\n\r\n"] {
            let bench = try Bench(workshop)
            #expect(bench.exchange(head).map { $0["connection"] } == ["close"])
            #expect(!bench.isOpen)
        }
    }

    @Test func `HEAD is answered with the headers of GET alone`() async throws {
        let bench = try Bench(try await Workshop())
        let get = try #require(bench.exchange("GET /v2 HTTP/1.1\r\nHost: a\r\n\r\n").first)
        bench.send(Array("HEAD /v2 HTTP/1.1\r\nHost: a\r\n\r\n".utf8))
        let head = try #require(bench.answers(isHead: true).first)
        #expect(head.status == 200)
        #expect(head["content-length"] == get["content-length"])
        #expect(bench.rest.isEmpty)
    }

    @Test func `random bytes never bring the server down`() async throws {
        let workshop = try await Workshop()
        var random = SeededRandom(seed: 20_261_121)
        let pieces = [
            "GET ", "POST ", "/v2", "/v2/models/fast/infer", " HTTP/1.1", "\r\n", "\r\n\r\n", "Host: a\r\n", ":", "%2f",
            "Content-Length: 5\r\n", "Transfer-Encoding: chunked\r\n", "5\r\n", "0\r\n", "\u{0}", " ", "\n",
            "{\"inputs\":",
        ].map { Array($0.utf8) }
        for _ in 0..<2000 {
            let bench = try Bench(workshop)
            var bytes: [UInt8] = []
            for _ in 0..<Int.random(in: 1...24, using: &random) {
                if Bool.random(using: &random) {
                    bytes += pieces[Int.random(in: 0..<pieces.count, using: &random)]
                } else {
                    bytes.append(UInt8.random(in: 0...255, using: &random))
                }
            }
            let cut = Int.random(in: 0...bytes.count, using: &random)
            bench.send(Array(bytes[..<cut]))
            bench.send(Array(bytes[cut...]))
            for answer in bench.answers() { #expect((200..<600).contains(answer.status)) }
            #expect(bench.rest.isEmpty)
        }
    }
}

/// The same numbers every time (SplitMix64, Steele et al. 2014).
struct SeededRandom: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}

@Suite struct FieldContentTests {
    private func isContent(_ bytes: [UInt8]) -> Bool { bytes.withUnsafeBytes { HTTPSyntax.isFieldContent($0) } }

    @Test func `each byte counts at each place, as it does by itself`() {
        for byte in UInt8.min ... .max {
            for length in [1, 7, 8, 9, 16, 23] {
                for place in 0..<length {
                    var bytes = [UInt8](repeating: UInt8(ascii: "a"), count: length)
                    bytes[place] = byte
                    #expect(isContent(bytes) == HTTPSyntax.isFieldContent(byte), "\(byte) at \(place) of \(length)")
                }
            }
        }
    }

    @Test func `any bytes together are what they are one by one`() {
        var numbers = SystemRandomNumberGenerator()
        for _ in 0..<2000 {
            let bytes = (0..<Int.random(in: 0...40)).map { _ in
                // Mostly what may stand there, so that both answers come.
                numbers.next() % 20 == 0 ? UInt8.random(in: 0...255) : UInt8.random(in: 0x1f...0xff)
            }
            #expect(isContent(bytes) == bytes.allSatisfy { HTTPSyntax.isFieldContent($0) }, "\(bytes)")
        }
    }
}
