import NIOCore
import Testing

@testable import HTTP2

/// Windows, ours and the peer's.
@Suite struct FlowControlTests {
    private func answering(_ bytes: Int, _ settings: [UInt8]) throws -> (Peer, StreamReference) {
        let peer = Peer()
        peer.send(settings + Peer.headers(1, ends: true))
        let stream = try #require(peer.stream())
        _ = peer.frames()
        peer.connection.send(ByteBuffer(repeating: 5, count: bytes), on: stream)
        peer.connection.sendTrailers(on: stream) { $0.writeStatusLine(200) }
        return (peer, stream)
    }

    @Test func `an answer waits for the stream's window, and its trailers behind it`() throws {
        let (peer, stream) = try answering(25, Peer.setting(4, 10))
        #expect(peer.frames().map(\.payload.count) == [10])
        #expect(peer.connection.unsentBytes(on: stream) == 15)
        peer.send(Peer.widen(1, by: 4))
        #expect(peer.frames().map(\.payload.count) == [4])
        peer.send(Peer.setting(4, 100))
        let frames = peer.frames()
        #expect(frames.map(\.kind) == [FrameKind.data, FrameKind.headers, FrameKind.settings])
        #expect(frames[0].payload.count == 11)
        #expect(peer.connection.openStreams == 0)
        #expect(peer.connection.unsentBytes == 0)
    }

    @Test func `an answer waits for the connection's window`() throws {
        let (peer, _) = try answering(70_000, Peer.setting(4, 1 << 20))
        #expect(peer.frames().map(\.payload.count) == [16_384, 16_384, 16_384, 16_383])
        peer.send(Peer.widen(0, by: 1 << 20))
        #expect(peer.frames().map(\.payload.count) == [70_000 - 65_535, 1])
    }

    @Test func `a window may fall below nothing`() throws {
        let (peer, _) = try answering(20, Peer.setting(4, 10))
        _ = peer.frames()
        peer.send(Peer.setting(4, 0) + Peer.widen(1, by: 10))
        #expect(peer.frames().map(\.kind) == [FrameKind.settings])
        peer.send(Peer.widen(1, by: 10))
        #expect(peer.frames().map(\.payload.count) == [10, 1])
    }

    @Test func `frames are as large as the peer takes them`() throws {
        let (peer, _) = try answering(40_000, Peer.setting(5, 30_000))
        #expect(peer.frames().map(\.payload.count) == [30_000, 10_000, 1])
    }

    @Test func `a stream that is given up gives back what waited`() throws {
        let (peer, _) = try answering(50, Peer.setting(4, 10))
        #expect(peer.connection.unsentBytes == 40)
        peer.send(Peer.frame(FrameKind.reset, stream: 1, Peer.number(8)))
        #expect(peer.connection.unsentBytes == 0)
    }

    @Test func `a body goes on when what came of it is taken in`() throws {
        var limits = HTTP2Limits()
        limits.streamWindow = 100
        let peer = Peer(limits: limits)
        peer.send(Peer.headers(1) + Peer.data(1, [UInt8](repeating: 0, count: 100)))
        let stream = try #require(peer.stream())
        #expect(peer.frames() == [])
        peer.connection.consumed(49, on: stream)
        #expect(peer.frames() == [])
        peer.connection.consumed(1, on: stream)
        #expect(
            peer.frames() == [.init(kind: FrameKind.windowUpdate, flags: 0, stream: 1, payload: Peer.number(50))])
        peer.send(Peer.data(1, [UInt8](repeating: 0, count: 50)))
        #expect(peer.story() == ["POST /a on 1", "100 bytes on 1", "50 bytes on 1"])
    }

    @Test func `a body beyond its window breaks its stream`() {
        var limits = HTTP2Limits()
        limits.streamWindow = 100
        let peer = Peer(limits: limits)
        peer.send(Peer.headers(1) + Peer.data(1, [UInt8](repeating: 0, count: 101)) + Peer.headers(3))
        #expect(peer.story() == ["POST /a on 1", "reset of 1", "POST /a on 3"])
        #expect(peer.frames().map(\.code) == [.flowControlError])
    }

    @Test func `the connection's window grows by itself`() {
        var limits = HTTP2Limits()
        limits.connectionWindow = 100_000
        let peer = Peer(limits: limits)
        peer.send(Peer.headers(1) + Peer.data(1, [UInt8](repeating: 0, count: 50_001)))
        #expect(
            peer.frames() == [.init(kind: FrameKind.windowUpdate, flags: 0, stream: 0, payload: Peer.number(50_001))])
    }
}
