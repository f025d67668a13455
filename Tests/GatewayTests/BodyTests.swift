import NIOCore
import NIOEmbedded
import Testing

@testable import Gateway

@Suite struct BodyTests {
    private let chunkedHead = "POST /v2/models/fast/infer HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"

    @Test(arguments: [
        "5;\nx", "g\r\n", "\r\n", "-1\r\n", "0x5\r\n", "5\r\nabcdeX", "5\r\nabcde\n", " 5\r\n", "5 \r\n",
        "fffffffffffffffff\r\n", "8000000000000000\r\n", "0\r\nX: \u{1}\r\n\r\n",
        "1;" + String(repeating: "x", count: 5000),
    ])
    func `a chunked body that does not add up is refused and ends the connection`(_ body: String) async throws {
        let bench = try Bench(try await Workshop())
        let answers = bench.exchange(chunkedHead + body)
        #expect(answers.map(\.status) == [400], "\(body.prefix(20))")
        #expect(!bench.isOpen)
    }

    @Test func `a body over the limit is refused before it is read`() async throws {
        let bench = try Bench(try await Workshop())
        let answers = bench.exchange(
            "POST /v2/models/fast/infer HTTP/1.1\r\nHost: a\r\nContent-Length: 9000000000\r\n\r\n")
        #expect(answers.map(\.status) == [413])
        #expect(answers.first?["connection"] == "close")
        #expect(!bench.isOpen)
    }

    @Test func `an endpoint has a limit of its own, and a little too much keeps the connection`() async throws {
        let bench = try Bench(try await Workshop())
        let answers = bench.exchange(Request.predict("small") + Request.text("GET", "/v2"))
        #expect(answers.map(\.status) == [413, 200])
        #expect(bench.isOpen)
    }

    @Test func `a chunked body is refused as soon as it passes the limit`() async throws {
        let bench = try Bench(try await Workshop())
        let head = "POST /v2/models/small/infer HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
        var answers = bench.exchange(head)
        for _ in 0..<64 where answers.isEmpty { answers = bench.exchange("2\r\n{ \r\n") }
        #expect(answers.map(\.status) == [413])
        #expect(!bench.isOpen)
    }

    @Test func `an unknown endpoint is 404 before its body is read`() async throws {
        let bench = try Bench(try await Workshop())
        let head = "POST /v2/models/none/infer HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n"
        #expect(bench.exchange(head).map(\.status) == [404])
        #expect(bench.exchange("0123456789GET /v2 HTTP/1.1\r\nHost: a\r\n\r\n").map(\.status) == [200])
    }

    @Test func `a caller that waits for leave to send gets it, or the refusal`() async throws {
        let workshop = try await Workshop()
        let bench = try Bench(workshop)
        let head = { (name: String) in
            "POST /v2/models/\(name)/infer HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n"
        }
        let leave = bench.exchange(head("fast"))
        #expect(leave.map(\.status) == [100])
        #expect(bench.exchange("nope").map(\.status) == [400])
        #expect(bench.exchange(head("none")).map(\.status) == [404])
        #expect(!bench.isOpen)
    }

    @Test(arguments: [("fast", "br", "gzip, deflate"), ("fast", "gzip, gzip", "gzip, deflate")])
    func `a body that is packed in an unknown way is refused by name`(
        _ endpoint: String, _ coding: String, _ accepted: String
    ) async throws {
        let bench = try Bench(try await Workshop())
        let answers = bench.exchange(Request.predict(endpoint, fields: ["Content-Encoding: \(coding)"]))
        #expect(answers.map(\.status) == [415])
        #expect(answers.first?["accept-encoding"] == accepted)
        #expect(answers.first?.text.contains(coding) == true)
    }

    @Test func `a body cut short anywhere is not answered, and the rest of it is`() async throws {
        let workshop = try await Workshop()
        let body = #"{"inputs":[{"name":"wrong","datatype":"FP32","shape":[1,2],"data":[1,2]}]}"#
        let bytes = Array(Request.predict("fast", body).utf8)
        for cut in (bytes.count - body.utf8.count)..<bytes.count {
            let bench = try Bench(workshop)
            bench.send(Array(bytes[..<cut]))
            #expect(bench.answers().isEmpty, "cut at \(cut)")
            bench.send(Array(bytes[cut...]))
            #expect(bench.answers().map(\.status) == [400], "cut at \(cut)")
        }
    }

    @Test func `a document that is cut short anywhere is refused with a sentence`() async throws {
        let bench = try Bench(try await Workshop())
        let bytes = Array(Request.body.utf8)
        for cut in 0..<bytes.count {
            let answers = bench.exchange(Request.predict("fast", String(decoding: bytes[..<cut], as: UTF8.self)))
            #expect(answers.map(\.status) == [400], "cut at \(cut)")
            let sentence = try answers.first?.object()["error"] as? String
            #expect(sentence?.isEmpty == false)
        }
        #expect(bench.isOpen)
    }

    @Test func `a head that trickles in is given up after its time, however often a byte comes`() async throws {
        let bench = try Bench(try await Workshop())
        bench.send(Array("GET / HTTP/1.1\r\nX: ".utf8))
        for _ in 0..<9 {
            bench.channel.embeddedEventLoop.advanceTime(by: .seconds(1))
            bench.send([UInt8(ascii: "a")])
            #expect(bench.isOpen)
        }
        bench.channel.embeddedEventLoop.advanceTime(by: .seconds(2))
        #expect(bench.answers().map(\.status) == [408])
        #expect(!bench.isOpen)
    }

    @Test func `each head has its own time, when one begins with the end of another`() async throws {
        let bench = try Bench(try await Workshop())
        let request = Array(Request.text("GET", "/v2").utf8)
        bench.send(Array(request.dropLast()))
        for _ in 0..<15 {
            bench.channel.embeddedEventLoop.advanceTime(by: .seconds(1))
            bench.send(Array(request.suffix(1) + request.dropLast()))
        }
        #expect(bench.answers().map(\.status) == Array(repeating: 200, count: 15))
        #expect(bench.isOpen)
    }

    @Test(arguments: [
        "GET /v2 HTTP/1.1\r\n", "POST /v2/models/fast/infer HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n",
    ])
    func `while a peer does not take its answers, no time passes for what it has begun to send`(
        begun: String
    ) async throws {
        let bench = try Bench(try await Workshop())
        bench.send(Array(begun.utf8))
        bench.channel.isWritable = false
        bench.channel.pipeline.fireChannelWritabilityChanged()
        bench.channel.embeddedEventLoop.advanceTime(by: .seconds(45))
        bench.channel.isWritable = true
        bench.channel.pipeline.fireChannelWritabilityChanged()
        bench.channel.embeddedEventLoop.advanceTime(by: .seconds(5))
        #expect(bench.answers().isEmpty)
        #expect(bench.isOpen)
        bench.channel.embeddedEventLoop.advanceTime(by: .seconds(30))
        #expect(bench.answers().map(\.status) == [408])
    }

    @Test func `a body that stops coming is given up`() async throws {
        let bench = try Bench(try await Workshop())
        bench.send(Array(Request.predict("fast").utf8.dropLast()))
        bench.channel.embeddedEventLoop.advanceTime(by: .seconds(29))
        #expect(bench.isOpen)
        bench.channel.embeddedEventLoop.advanceTime(by: .seconds(2))
        #expect(bench.answers().map(\.status) == [408])
        #expect(!bench.isOpen)
    }

    @Test func `an idle connection ends without a word`() async throws {
        let bench = try Bench(try await Workshop())
        #expect(bench.exchange(Request.text("GET", "/v2")).count == 1)
        bench.channel.embeddedEventLoop.advanceTime(by: .seconds(74))
        #expect(bench.isOpen)
        bench.channel.embeddedEventLoop.advanceTime(by: .seconds(2))
        #expect(!bench.isOpen)
        #expect(bench.answers().isEmpty)
    }
}
