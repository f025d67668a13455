import NIOCore
import Testing

@testable import HTTP2

/// Streams: how they begin, what they carry, how they end.
@Suite struct StreamTests {
    @Test func `a server greets with its settings and a wide window`() {
        let peer = Peer(greets: false)
        let frames = peer.frames()
        #expect(frames.map(\.kind) == [FrameKind.settings, FrameKind.windowUpdate])
        #expect(frames[0].payload.count == 30)
    }

    @Test func `a request is told, and its answer written`() throws {
        let peer = Peer()
        peer.send(Peer.headers(1) + Peer.data(1, [1, 2, 3], ends: true))
        let stream = try #require(peer.stream())
        #expect(peer.story() == ["POST /a on 1", "3 bytes on 1, all"])
        peer.connection.sendHead(on: stream) { $0.writeStatusLine(200) }
        peer.connection.send(ByteBuffer(bytes: [7]), on: stream)
        peer.connection.sendTrailers(on: stream) { $0.writeHeaderLine("grpc-status", "0") }
        #expect(
            peer.frames() == [
                .init(kind: FrameKind.headers, flags: FrameFlag.endHeaders, stream: 1, payload: [0x88]),
                .init(kind: FrameKind.data, flags: 0, stream: 1, payload: [7]),
                .init(
                    kind: FrameKind.headers, flags: FrameFlag.endHeaders | FrameFlag.endStream, stream: 1,
                    payload: Peer.block([("grpc-status", "0")])),
            ])
        #expect(peer.connection.openStreams == 0)
    }

    @Test func `requests are the same whichever way their bytes are cut`() {
        let bytes =
            Peer.preface + Peer.frame(FrameKind.settings) + Peer.headers(1)
            + Peer.frame(FrameKind.data, flags: FrameFlag.padded, stream: 1, [2, 9, 9, 9, 0, 0])
            + Peer.data(1, [], ends: true) + Peer.headers(3, Peer.get, ends: true)
        for cut in 1..<bytes.count {
            let peer = Peer(greets: false)
            peer.send(Array(bytes[..<cut]))
            peer.send(Array(bytes[cut...]))
            var total = 0
            for event in peer.events {
                if case .data(_, let piece, _) = event { total += piece.readableBytes }
            }
            let story = peer.story().filter { !$0.contains("bytes") }
            #expect(story == ["POST /a on 1", "end of 1", "GET / on 3, all"], "cut at \(cut)")
            #expect(total == 3, "cut at \(cut)")
        }
    }

    @Test func `the same header block is the same head`() throws {
        let peer = Peer()
        peer.send(Peer.headers(1, ends: true) + Peer.headers(3, ends: true))
        var heads: [HTTP2RequestHead] = []
        for event in peer.events {
            if case .request(_, let head, _) = event { heads.append(head) }
        }
        #expect(heads.count == 2 && heads[0] === heads[1])
    }

    @Test func `a block that refers to the table means what the table says now`() {
        let peer = Peer()
        // ":path: /x" goes into the table, is referred to, and is replaced by ":path: /y".
        let rest = Peer.block([(":method", "GET"), (":scheme", "http")])
        peer.send(Peer.headers(1, rest + [0x44, 2, 0x2f, 0x78], ends: true))
        peer.send(Peer.headers(3, rest + [0xbe], ends: true) + Peer.headers(5, rest + [0xbe], ends: true))
        peer.send(Peer.headers(7, rest + [0x44, 2, 0x2f, 0x79], ends: true))
        peer.send(Peer.headers(9, rest + [0xbe], ends: true))
        #expect(
            peer.story() == [
                "GET /x on 1, all", "GET /x on 3, all", "GET /x on 5, all", "GET /y on 7, all", "GET /y on 9, all",
            ])
    }

    @Test(arguments: [
        [(":method", "GET"), (":path", "/")],
        [(":method", "GET"), (":scheme", "http"), (":path", "")],
        [(":method", "GET"), (":method", "GET"), (":scheme", "http"), (":path", "/")],
        [(":method", "GET"), ("a", "b"), (":scheme", "http"), (":path", "/")],
        [(":method", "GET"), (":scheme", "http"), (":path", "/"), (":status", "200")],
        [(":method", "GET"), (":scheme", "http"), (":path", "/"), ("Upper", "x")],
        [(":method", "GET"), (":scheme", "http"), (":path", "/"), ("connection", "close")],
        [(":method", "GET"), (":scheme", "http"), (":path", "/"), ("te", "gzip")],
        [(":method", "GET"), (":scheme", "http"), (":path", "/"), ("a", "b\r\nc")],
        [(":method", "GET"), (":scheme", "http"), (":path", "/"), ("content-length", "+1")],
        [(":method", "GET"), (":scheme", "http"), (":path", "/"), ("content-length", "1")],
    ])
    func `a malformed head is no request`(_ lines: [(String, String)]) {
        let peer = Peer()
        peer.send(Peer.headers(1, Peer.block(lines), ends: true))
        #expect(peer.story() == [])
        #expect(peer.frames().map(\.code) == [.protocolError])
        peer.send(Peer.headers(3, ends: true))
        #expect(peer.story() == ["POST /a on 3, all"])
    }

    @Test(arguments: [[UInt8](repeating: 0, count: 3), [UInt8](repeating: 0, count: 5)])
    func `a body of another length than promised breaks its stream`(_ body: [UInt8]) {
        let peer = Peer()
        let head = Peer.post + Peer.block([("content-length", "4")])
        peer.send(Peer.headers(1, head) + Peer.data(1, body, ends: true) + Peer.headers(3, Peer.get, ends: true))
        #expect(peer.story() == ["POST /a on 1", "reset of 1", "GET / on 3, all"])
        #expect(peer.frames().map(\.code) == [.protocolError])
    }

    @Test func `one stream more than allowed is refused, and may be tried again`() {
        var limits = HTTP2Limits()
        limits.concurrentStreams = 1
        let peer = Peer(limits: limits)
        peer.send(Peer.headers(1) + Peer.headers(3))
        #expect(peer.story() == ["POST /a on 1"])
        #expect(peer.frames().map(\.code) == [.refusedStream])
        peer.send(Peer.frame(FrameKind.reset, stream: 1, Peer.number(8)) + Peer.headers(5))
        #expect(peer.story() == ["reset of 1", "POST /a on 5"])
    }

    @Test func `an answer before the end of its request stops the request, and what still comes is no fault`() throws {
        let peer = Peer()
        peer.send(Peer.headers(1))
        let stream = try #require(peer.stream())
        peer.connection.sendHead(on: stream, endsStream: true) { $0.writeStatusLine(415) }
        #expect(peer.frames().last?.code == .noError)
        _ = peer.story()
        peer.send(Peer.data(1, [1]) + Peer.headers(1, Peer.block([("a", "b")]), ends: true))
        #expect(peer.story() == [])
        #expect(peer.frames() == [])
    }

    @Test func `a stream that is over stays so, though its place is taken`() throws {
        let peer = Peer()
        peer.send(Peer.headers(1))
        let old = try #require(peer.stream())
        peer.send(Peer.frame(FrameKind.reset, stream: 1, Peer.number(8)) + Peer.headers(3))
        let new = try #require(peer.stream())
        #expect(old.slot == new.slot)
        _ = peer.frames()
        peer.connection.send(ByteBuffer(bytes: [1]), on: old)
        peer.connection.sendTrailers(on: old) { $0.writeStatusLine(200) }
        peer.connection.reset(old, .cancel)
        #expect(peer.frames() == [])
        #expect(peer.connection.isOpen(new))
    }

    @Test func `a header block beyond a frame goes on in the next`() throws {
        let peer = Peer()
        peer.send(Peer.headers(1, ends: true))
        let stream = try #require(peer.stream())
        peer.connection.sendHead(on: stream, endsStream: true) {
            $0.writeHeaderLine("a", String(repeating: "x", count: 20_000))
        }
        let frames = peer.frames()
        #expect(frames.map(\.kind) == [FrameKind.headers, FrameKind.continuation])
        #expect(frames.map(\.flags) == [FrameFlag.endStream, FrameFlag.endHeaders])
        #expect(frames.map(\.payload.count) == [16_384, 20_007 - 16_384])
    }

    @Test func `draining lets the peer hear of it first`() throws {
        let peer = Peer()
        peer.send(Peer.headers(1, ends: true))
        let first = try #require(peer.stream())
        peer.connection.beginGoAway()
        let announced = peer.frames()
        #expect(announced.map(\.kind) == [FrameKind.goAway, FrameKind.ping])
        #expect(announced[0].payload.prefix(4) == [0x7f, 0xff, 0xff, 0xff])
        // Sent before the peer has heard: it counts.
        peer.send(Peer.headers(3, ends: true))
        let second = try #require(peer.stream())
        peer.send(Peer.frame(FrameKind.ping, flags: FrameFlag.acknowledge, announced[1].payload))
        #expect(peer.frames().map { Array($0.payload.prefix(4)) } == [Peer.number(3)])
        peer.send(Peer.headers(5, ends: true))
        #expect(peer.story() == ["POST /a on 1, all", "POST /a on 3, all"])
        for stream in [first, second] {
            #expect(!peer.connection.isDrained)
            peer.connection.sendHead(on: stream, endsStream: true) { $0.writeStatusLine(200) }
        }
        #expect(peer.connection.isDrained)
    }

    @Test func `a peer that does not say it has heard is taken at its last call`() throws {
        let peer = Peer()
        peer.send(Peer.headers(1, ends: true))
        let stream = try #require(peer.stream())
        peer.connection.beginGoAway()
        #expect(peer.connection.isGoingAway)
        peer.connection.finishGoAway()
        #expect(!peer.connection.isGoingAway)
        _ = peer.story()
        peer.send(Peer.headers(3, ends: true))
        #expect(peer.story() == [])
        #expect(!peer.connection.isDrained)
        peer.connection.sendHead(on: stream, endsStream: true) { $0.writeStatusLine(200) }
        #expect(peer.connection.isDrained)
    }
}
