import NIOCore
import Testing

@testable import HTTP2

/// What ends a connection: frames that RFC 9113 forbids, and frames that are allowed until there are too many.
@Suite struct AbuseTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var name: String
        var bytes: [UInt8]
        var code: HTTP2ErrorCode

        init(_ name: String, _ bytes: [UInt8], _ code: HTTP2ErrorCode) {
            self.name = name
            self.bytes = bytes
            self.code = code
        }

        var testDescription: String { name }
    }

    private static let violations = [
        Case("DATA for the connection", Peer.data(0, [1]), .protocolError),
        Case("DATA for an idle stream", Peer.data(1, [1]), .protocolError),
        Case("DATA behind its end", Peer.headers(1, ends: true) + Peer.data(1, [1]), .streamClosed),
        Case(
            "more padding than payload", Peer.headers(1) + Peer.frame(0, flags: 8, stream: 1, [9, 0]), .protocolError),
        Case("padding without its length", Peer.headers(1) + Peer.frame(0, flags: 8, stream: 1), .protocolError),
        Case("HEADERS for the connection", Peer.headers(0), .protocolError),
        Case("HEADERS for a stream of the server's", Peer.headers(2), .protocolError),
        Case("HEADERS for a stream that was skipped", Peer.headers(5) + Peer.headers(3), .streamClosed),
        Case("more padding than headers", Peer.frame(1, flags: 12, stream: 1, [9, 0x82]), .protocolError),
        Case("HEADERS too short for a priority", Peer.frame(1, flags: 36, stream: 1, [0, 0]), .frameSizeError),
        Case("a block that cannot be read", Peer.headers(1, [0xff]), .compressionError),
        Case("CONTINUATION of nothing", Peer.frame(9, flags: 4, stream: 1, []), .protocolError),
        Case(
            "a block cut by another frame",
            Peer.frame(1, stream: 1, Peer.post) + Peer.frame(6, [UInt8](repeating: 0, count: 8)),
            .protocolError),
        Case(
            "a block that goes on on another stream",
            Peer.frame(1, stream: 1, Peer.post) + Peer.frame(9, stream: 3, []),
            .protocolError),
        Case("PRIORITY for the connection", Peer.frame(2, [0, 0, 0, 0, 0]), .protocolError),
        Case("PRIORITY of the wrong size", Peer.frame(2, stream: 1, [0]), .frameSizeError),
        Case("RST_STREAM for an idle stream", Peer.frame(3, stream: 1, [0, 0, 0, 8]), .protocolError),
        Case("RST_STREAM for the connection", Peer.frame(3, [0, 0, 0, 8]), .protocolError),
        Case("RST_STREAM of the wrong size", Peer.headers(1) + Peer.frame(3, stream: 1, [8]), .frameSizeError),
        Case("SETTINGS for a stream", Peer.frame(4, stream: 1), .protocolError),
        Case("SETTINGS of the wrong size", Peer.frame(4, [0]), .frameSizeError),
        Case("SETTINGS that are heard and said", Peer.frame(4, flags: 1, [0, 4, 0, 0, 0, 0]), .frameSizeError),
        Case("a push setting of 2", Peer.setting(2, 2), .protocolError),
        Case("a window beyond 2^31-1", Peer.setting(4, 1 << 31), .flowControlError),
        Case("frames of less than 2^14", Peer.setting(5, 16_383), .protocolError),
        Case("PUSH_PROMISE", Peer.frame(5, stream: 1, [0, 0, 0, 2]), .protocolError),
        Case("PING for a stream", Peer.frame(6, stream: 1, [UInt8](repeating: 0, count: 8)), .protocolError),
        Case("PING of the wrong size", Peer.frame(6, [0]), .frameSizeError),
        Case("GOAWAY for a stream", Peer.frame(7, stream: 1, [UInt8](repeating: 0, count: 8)), .protocolError),
        Case("WINDOW_UPDATE by nothing", Peer.widen(0, by: 0), .protocolError),
        Case("WINDOW_UPDATE of the wrong size", Peer.frame(8, [0]), .frameSizeError),
        Case("WINDOW_UPDATE for an idle stream", Peer.widen(1, by: 1), .protocolError),
        Case("a window that grows beyond 2^31-1", Peer.widen(0, by: 0x7fff_ffff), .flowControlError),
        Case(
            "a frame larger than allowed",
            Array(Peer.frame(0, stream: 1, [UInt8](repeating: 0, count: 300_000)).prefix(9)), .frameSizeError),
        Case(
            "a control frame of many bytes", Array(Peer.frame(4, [UInt8](repeating: 0, count: 60_000)).prefix(9)),
            .enhanceYourCalm),
        Case(
            "a header block of many bytes", Array(Peer.headers(1, [UInt8](repeating: 0, count: 60_000)).prefix(9)),
            .enhanceYourCalm),
    ]

    @Test(arguments: violations)
    func `a frame that the RFC forbids ends the connection`(_ violation: Case) {
        let peer = Peer()
        peer.send(violation.bytes)
        #expect(peer.story().last == "failed: \(violation.code)")
        let last = peer.frames().last
        #expect(last?.kind == FrameKind.goAway)
        #expect(last?.code == violation.code)
        // Nothing is read any more.
        peer.send(Peer.headers(99, ends: true))
        #expect(peer.story() == [])
        #expect(peer.frames() == [])
    }

    private static let strays = [
        Case("WINDOW_UPDATE by nothing", Peer.widen(1, by: 0), .protocolError),
        Case("a window beyond 2^31-1", Peer.widen(1, by: 0x7fff_ffff), .flowControlError),
        Case("HEADERS in the middle of a body", Peer.headers(1), .protocolError),
        Case("pseudo-headers behind a body", Peer.headers(1, Peer.get, ends: true), .protocolError),
    ]

    @Test(arguments: strays)
    func `a fault of one stream ends that stream only`(_ stray: Case) {
        let peer = Peer()
        peer.send(Peer.headers(1) + stray.bytes + Peer.headers(3))
        #expect(peer.story() == ["POST /a on 1", "reset of 1", "POST /a on 3"])
        #expect(peer.frames().map(\.code) == [stray.code])
    }

    @Test(arguments: ["GET / HTTP/1.1\r\n\r\n", "\u{16}\u{3}\u{1}", "PRI * HTTP/1.1\r\n"])
    func `what is not HTTP/2 is told at once`(_ text: String) {
        let peer = Peer(greets: false)
        peer.send(Array(text.utf8))
        #expect(peer.story() == ["not HTTP/2"])
    }

    @Test func `the first frame is SETTINGS`() {
        let peer = Peer(greets: false)
        peer.send(Peer.preface + Peer.headers(1))
        #expect(peer.story() == ["failed: protocolError"])
    }

    private static let floods = [
        Case("streams given up at once", Peer.frame(3, stream: 1, [0, 0, 0, 8]), .enhanceYourCalm),
        Case("PING", Peer.frame(6, [UInt8](repeating: 0, count: 8)), .enhanceYourCalm),
        Case("SETTINGS", Peer.frame(4), .enhanceYourCalm),
        Case("empty DATA", Peer.data(1, []), .enhanceYourCalm),
        Case("DATA of padding", Peer.frame(0, flags: 8, stream: 1, [1, 0]), .enhanceYourCalm),
        Case("WINDOW_UPDATE", Peer.widen(1, by: 1), .enhanceYourCalm),
        Case("PRIORITY", Peer.frame(2, stream: 7, [0, 0, 0, 0, 0]), .enhanceYourCalm),
        Case("frames of no known kind", Peer.frame(0xee, [1]), .enhanceYourCalm),
        Case("GOAWAY", Peer.frame(7, [UInt8](repeating: 0, count: 8)), .enhanceYourCalm),
    ]

    @Test(arguments: floods)
    func `a flood is cut off`(_ flood: Case) {
        let peer = Peer()
        peer.send(Peer.headers(1))
        var sent = 0
        while sent < 100_000, !peer.story().contains("failed: \(flood.code)") {
            peer.send(flood.bytes)
            sent += 1
        }
        #expect(sent <= 5001, "cut off after \(sent) frames")
        #expect(peer.frames().last?.code == flood.code)
    }

    @Test func `streams opened and given up in turn are cut off`() {
        let peer = Peer()
        var id: UInt32 = 1
        while id < 100_000, !peer.story().contains("failed: enhanceYourCalm") {
            peer.send(Peer.headers(id) + Peer.frame(3, stream: id, [0, 0, 0, 8]))
            id += 2
        }
        #expect(id < 2100)
    }

    @Test func `calls that run out of time together are no flood`() {
        let peer = Peer()
        var id: UInt32 = 1
        for _ in 0..<50 {
            let ids = (0..<200).map { id + 2 * UInt32($0) }
            for id in ids { peer.send(Peer.headers(id)) }
            peer.now += 20_000_000
            for id in ids { peer.send(Peer.frame(FrameKind.reset, stream: id, Peer.number(8))) }
            id += 400
        }
        #expect(!peer.story().contains("failed: enhanceYourCalm"))
        #expect(peer.connection.openStreams == 0)
    }

    @Test func `calls given up before they are twenty milliseconds old are a flood`() {
        let peer = Peer()
        var id: UInt32 = 1
        while id < 100_000, !peer.story().contains("failed: enhanceYourCalm") {
            peer.send(Peer.headers(id))
            peer.now += 1_900_000
            if id > 16 { peer.send(Peer.frame(FrameKind.reset, stream: id - 16, Peer.number(8))) }
            id += 2
        }
        #expect(id < 3000)
    }

    @Test func `a client that gives up calls as they are answered goes on for ever`() throws {
        let peer = Peer()
        // The clock stands: nothing is forgiven but for what was answered.
        for id in stride(from: UInt32(1), to: 10_000, by: 2) {
            peer.send(Peer.headers(id))
            let stream = try #require(peer.stream())
            peer.connection.sendTrailers(on: stream) { $0.writeHeaderLine("grpc-status", "4") }
            peer.send(Peer.frame(FrameKind.reset, stream: id, Peer.number(8)))
            #expect(!peer.story().contains("failed: enhanceYourCalm"))
        }
    }

    @Test func `a header block without end is cut off`() {
        let peer = Peer()
        peer.send(Peer.frame(1, stream: 1, [0x82]))
        for _ in 0..<8 { peer.send(Peer.frame(9, stream: 1, [0x82])) }
        #expect(peer.story() == ["failed: enhanceYourCalm"])
    }

    @Test func `headers beyond the limit are told, and the connection goes on`() {
        var limits = HTTP2Limits()
        limits.headerLines = 4
        let peer = Peer(limits: limits)
        peer.send(Peer.headers(1, Peer.get + Peer.block([("a", "b"), ("c", "d")]), ends: true))
        peer.send(Peer.headers(3, ends: true))
        #expect(peer.story() == ["too large a head on 1", "POST /a on 3, all"])
    }

    @Test func `a budget comes back with time and with answers`() {
        var budgets = FloodGuard.Budgets()
        budgets.pings = FloodGuard.Budget(burst: 2, perSecond: 1)
        var floods = FloodGuard(budgets)
        let first = (0..<2).map { _ in floods.admits(.ping, now: 0) }
        let second = floods.admits(.ping, now: 1_000_000_000)
        floods.earn()
        let third = (0..<2).map { _ in floods.admits(.ping, now: 1_000_000_000) }
        #expect(first == [true, true] && second && third == [true, false])
        let other = floods.admits(.reset, now: 1_000_000_000)
        #expect(other)
    }

    @Test func `a client that gives back each message of a stream to stream and connection goes on for ever`() throws {
        let peer = Peer()
        peer.send(Peer.headers(1, ends: true))
        let stream = try #require(peer.stream())
        // The clock stands: nothing is forgiven but for what was answered.
        for _ in 0..<20_000 {
            peer.connection.send(ByteBuffer(repeating: 5, count: 10), on: stream)
            #expect(peer.frames().map(\.kind) == [FrameKind.data])
            peer.send(Peer.widen(1, by: 10) + Peer.widen(0, by: 10))
        }
        #expect(peer.connection.openStreams == 1)
        // Without answers the patience ends.
        for _ in 0..<6000 where peer.connection.openStreams == 1 { peer.send(Peer.widen(0, by: 1)) }
        #expect(peer.frames().last?.code == .enhanceYourCalm)
    }

    @Test func `no bytes bring a connection down`() {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<300 {
            let peer = Peer()
            for _ in 0..<40 {
                let kind = UInt8.random(in: 0...10, using: &random)
                let payload = (0..<Int.random(in: 0...40, using: &random)).map { _ in
                    UInt8.random(in: 0...255, using: &random)
                }
                peer.send(
                    Peer.frame(
                        kind, flags: UInt8.random(in: 0...255, using: &random),
                        stream: UInt32.random(in: 0...9, using: &random), payload))
                if let stream = peer.stream() { peer.connection.consumed(3, on: stream) }
            }
            #expect(peer.connection.openStreams <= 256)
        }
    }
}
