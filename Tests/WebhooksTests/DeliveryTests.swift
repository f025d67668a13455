import Documents
import Foundation
import Journal
import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import Store
import Synchronization
import Testing

@testable import Webhooks

/// A real server that notes what it is sent, and answers with one status.
private final class Receiver: Sendable {
    struct Message: Sendable {
        var headers: [String: String]
        var body: String
    }

    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let messages = Mutex<[Message]>([])
    let status: HTTPResponseStatus
    let location: String?
    let channel: any Channel

    init(host: String = "127.0.0.1", port: Int = 0, status: HTTPResponseStatus = .ok, location: String? = nil)
        async throws
    {
        self.status = status
        self.location = location
        let box = Mutex<Receiver?>(nil)
        let boxed = Box(box)
        channel = try await ServerBootstrap(group: group)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(Note(boxed))
                }
            }
            .bind(host: host, port: port).get()
        boxed.value.withLock { $0 = self }
    }

    final class Box: Sendable {
        let value: Mutex<Receiver?>
        init(_ value: consuming Mutex<Receiver?>) { self.value = value }
    }

    var port: Int { channel.localAddress?.port ?? 0 }
    var count: Int { messages.withLock(\.count) }
    var first: Message? { messages.withLock(\.first) }

    func close() async throws {
        try await channel.close()
        try await group.shutdownGracefully()
    }

    private final class Note: ChannelInboundHandler {
        typealias InboundIn = HTTPServerRequestPart
        typealias OutboundOut = HTTPServerResponsePart

        let receiver: Box
        var headers: [String: String] = [:]
        var body = ""

        init(_ receiver: Box) { self.receiver = receiver }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch unwrapInboundIn(data) {
            case .head(let head): for field in head.headers { headers[field.name.lowercased()] = field.value }
            case .body(let buffer): body += String(buffer: buffer)
            case .end:
                guard let receiver = receiver.value.withLock({ $0 }) else { return }
                receiver.messages.withLock { $0.append(Message(headers: headers, body: body)) }
                var head = HTTPResponseHead(version: .http1_1, status: receiver.status)
                head.headers.add(name: "content-length", value: "0")
                if let location = receiver.location { head.headers.add(name: "location", value: location) }
                context.write(wrapOutboundOut(.head(head)), promise: nil)
                context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
            }
        }
    }
}

/// Answers each question with the next of its answers, as a name server that changes its mind.
private final class Rebinding: HostResolving {
    let answers: Mutex<[[String]]>
    private let asked = Mutex(0)
    var questions: Int { asked.withLock { $0 } }

    init(_ answers: [[String]]) { self.answers = Mutex(answers) }

    func addresses(of host: String) async -> [IPAddress] {
        asked.withLock { $0 += 1 }
        let texts = answers.withLock { $0.count > 1 ? $0.removeFirst() : $0.first ?? [] }
        return texts.compactMap { IPAddress($0) }
    }
}

@Suite struct DeliveryTests {
    private static let secrets = WebhookSecrets(folder: nil, environment: [:], master: Array(repeating: 9, count: 32))

    private static func sender(allow: String = "127.0.0.0/8", _ resolver: any HostResolving = SystemResolver()) throws
        -> WebhookSender
    {
        WebhookSender(policy: try AddressPolicy(setting: allow), secrets: secrets, resolver: resolver)
    }

    private static let event = CloudEvent(
        id: "one", source: "/here", type: "slipway.test", subject: "tests/1", time: Timestamp(microseconds: 0),
        data: .mapping(["a": .whole(1)]))

    @Test func `a message arrives signed, and the signature is that of what arrived`() async throws {
        let receiver = try await Receiver()
        let target = try WebhookTarget(url: "http://127.0.0.1:\(receiver.port)/hook")
        let outcome = try await Self.sender().send(Self.event.json, id: "one", to: target, space: "a")
        #expect(outcome == DeliveryOutcome(.delivered, "delivered", status: 200))
        let message = try #require(receiver.first)
        #expect(message.headers["content-type"]?.hasPrefix("application/cloudevents+json") == true)
        #expect(message.headers["webhook-id"] == "one" && message.body == Self.event.json)
        let timestamp = try #require(message.headers["webhook-timestamp"].flatMap(Int.init))
        #expect(
            message.headers["webhook-signature"]
                == WebhookSignature.sign(
                    id: "one", timestamp: timestamp, body: message.body, key: Self.secrets.key(ofSpace: "a")))
        try await receiver.close()
    }

    @Test(arguments: [
        "http://127.0.0.1", "http://localhost", "http://[::1]", "http://2130706433", "http://0x7f.1",
        "http://[::ffff:127.0.0.1]",
    ])
    func `loopback is not called without leave, however it is written`(url: String) async throws {
        let receiver = try await Receiver()
        let target = try WebhookTarget(url: "\(url):\(receiver.port)/")
        let outcome = try await Self.sender(allow: "").send("{}", id: "x", to: target, space: "a")
        #expect(outcome.verdict == .refused && outcome.text.contains("loopback"), "\(outcome.text)")
        #expect(receiver.count == 0)
        try await receiver.close()
    }

    @Test func `a name is resolved once, and the connection goes to the address that was judged`() async throws {
        let inner = try await Receiver(host: "127.0.0.1")
        let outer = try await Receiver(host: "127.0.0.2", port: inner.port)
        let resolver = Rebinding([["127.0.0.2"], ["127.0.0.1"]])
        let sender = try Self.sender(allow: "127.0.0.2/32", resolver)
        let target = try WebhookTarget(url: "http://rebind.test:\(inner.port)/")
        #expect(await sender.send("{}", id: "x", to: target, space: "a").verdict == .delivered)
        #expect((outer.count, inner.count) == (1, 0))
        #expect(resolver.questions == 1)
        #expect(outer.first?.headers["host"] == "rebind.test:\(inner.port)")
        // The next attempt asks again, and is judged again.
        #expect(await sender.send("{}", id: "x", to: target, space: "a").verdict == .refused)
        #expect((outer.count, inner.count) == (1, 0))
        try await inner.close()
        try await outer.close()
    }

    @Test func `of several addresses one that may be called is`() async throws {
        let receiver = try await Receiver(host: "127.0.0.2")
        let sender = try Self.sender(allow: "127.0.0.2/32", Rebinding([["10.0.0.1", "127.0.0.2"]]))
        let target = try WebhookTarget(url: "http://two.test:\(receiver.port)/")
        #expect(await sender.send("{}", id: "x", to: target, space: "a").verdict == .delivered)
        try await receiver.close()
    }

    @Test func `a redirect is not followed`() async throws {
        let inner = try await Receiver()
        let outer = try await Receiver(status: .temporaryRedirect, location: "http://127.0.0.1:\(inner.port)/")
        let target = try WebhookTarget(url: "http://127.0.0.1:\(outer.port)/")
        let outcome = try await Self.sender().send("{}", id: "x", to: target, space: "a")
        #expect(outcome.verdict == .retry && outcome.status == 307)
        #expect((outer.count, inner.count) == (1, 0))
        try await inner.close()
        try await outer.close()
    }

    @Test func `a receiver that wants no more is not asked again; one that fails is`() async throws {
        for (status, verdict) in [
            (HTTPResponseStatus.gone, DeliveryOutcome.Verdict.refused), (.internalServerError, .retry),
            (.badRequest, .retry),
            (.noContent, .delivered),
        ] {
            let receiver = try await Receiver(status: status)
            let target = try WebhookTarget(url: "http://127.0.0.1:\(receiver.port)/")
            let outcome = try await Self.sender().send("{}", id: "x", to: target, space: "a")
            #expect(outcome.verdict == verdict && outcome.status == Int(status.code))
            try await receiver.close()
        }
        let nobody = try WebhookTarget(url: "http://127.0.0.1:1/")
        #expect(try await Self.sender().send("{}", id: "x", to: nobody, space: "a").verdict == .retry)
    }

    // MARK: the queue

    /// Fails as often as it is told, then delivers.
    private final class Carrier: DeliveryCarrying {
        let failures: Mutex<Int>
        private let carried = Mutex<[String]>([])
        var events: [String] { carried.withLock { $0 } }

        init(failures: Int) { self.failures = Mutex(failures) }

        func carry(_ delivery: Delivery) async -> DeliveryOutcome {
            carried.withLock { $0.append(delivery.event) }
            let fails = failures.withLock { left in
                left -= 1
                return left >= 0
            }
            return fails ? DeliveryOutcome(.retry, "not now") : DeliveryOutcome(.delivered, "delivered", status: 200)
        }
    }

    /// Milliseconds that a test moves.
    private final class Time: Sendable {
        let now = Mutex(0)
        var read: @Sendable () -> Int { { self.now.withLock { $0 } } }
    }

    private static func store() throws -> Store {
        try Store.open(folder: NSTemporaryDirectory() + "slipway-webhooks-\(UUID().uuidString)")
    }

    private static func until(_ condition: () async throws -> Bool) async throws {
        for _ in 0..<2000 {
            if try await condition() { return }
            try await Task.sleep(for: .milliseconds(10))
        }
        Issue.record("it did not come about")
    }

    @Test func `what fails is tried again when its pause is over, under the same id, and once it arrived no more`()
        async throws
    {
        let store = try Self.store()
        let carrier = Carrier(failures: 2)
        let time = Time()
        let service = DeliveryService(
            store: store.deliveries, carrier: carrier, logger: Logger(label: "test"), monotonic: time.read)
        await service.start()
        let target = DeliveryTarget.webhook(try WebhookTarget(url: "https://example.com/"))
        let id = try await service.deliver(Self.event, to: target, space: "default")
        try await Self.until { try await service.delivery(id)?.attempts == 1 }
        #expect(try await service.delivery(id)?.state == .pending)
        #expect(carrier.events.count == 1)
        time.now.withLock { $0 += 6001 }
        try await Self.until { try await service.delivery(id)?.attempts == 2 }
        time.now.withLock { $0 += 36_001 }
        try await Self.until { try await service.delivery(id)?.state == .delivered }
        time.now.withLock { $0 += 1_000_000 }
        await service.stop()
        #expect(carrier.events == ["one", "one", "one"])
        #expect(try await service.list(space: "default").items.map(\.id) == [id])
    }

    @Test func `what waits when a server stops is delivered by the next`() async throws {
        let store = try Self.store()
        let failing = DeliveryService(
            store: store.deliveries, carrier: Carrier(failures: .max), logger: Logger(label: "test"))
        await failing.start()
        let target = DeliveryTarget.webhook(try WebhookTarget(url: "https://example.com/"))
        let id = try await failing.deliver(Self.event, to: target, space: "default")
        try await Self.until { try await failing.delivery(id)?.attempts == 1 }
        await failing.stop()
        let time = Time()
        let carrier = Carrier(failures: 0)
        let next = DeliveryService(
            store: store.deliveries, carrier: carrier, logger: Logger(label: "test"), monotonic: time.read)
        await next.start()
        time.now.withLock { $0 += 6001 }
        try await Self.until { try await next.delivery(id)?.state == .delivered }
        await next.stop()
        #expect(carrier.events == ["one"])
    }

    @Test func `a space that already waits for a thousand messages is told that the next failed`() async throws {
        let store = try Self.store()
        let target = DeliveryTarget.webhook(try WebhookTarget(url: "https://example.com/"))
        let mutation = Mutation(principal: .server, space: "default", idempotency: nil)
        let last = try await store.deliveries.commit(mutation) { transaction in
            var last = 0
            for _ in 0...1000 { last = try transaction.enqueue(Self.event, to: target, space: "default") }
            return Change(last, event: nil)
        }.answer
        let found = try await store.deliveries.read { try $0.delivery(last) }
        #expect(found?.state == .failed && found?.outcome.contains("wait already") == true)
        #expect(try await store.deliveries.read { try $0.pendingDeliveries(after: 0, limit: 5000) }.count == 1000)
    }
}
