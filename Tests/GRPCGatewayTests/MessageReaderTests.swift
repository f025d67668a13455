import NIOCore
import Testing

@testable import GRPCGateway

/// Messages out of the bytes of a stream.
@Suite struct MessageReaderTests {
    private static func framed(_ length: Int, flag: UInt8 = 0) -> [UInt8] {
        [flag, 0, UInt8(length >> 16 & 255), UInt8(length >> 8 & 255), UInt8(length & 255)]
            + (0..<length).map { UInt8(truncatingIfNeeded: $0) }
    }

    private static func messages(_ pieces: [[UInt8]], limit: Int = 1 << 20) throws -> [MessageReader.Message] {
        var reader = MessageReader()
        var messages: [MessageReader.Message] = []
        for piece in pieces {
            reader.add(ByteBuffer(bytes: piece))
            while let message = try reader.next(small: 16, limit: { limit }) { messages.append(message) }
        }
        return messages
    }

    @Test func `messages are the same whichever way their bytes are cut`() throws {
        let bytes = Self.framed(0) + Self.framed(3, flag: 1) + Self.framed(300)
        for cut in 0...bytes.count {
            let messages = try Self.messages([Array(bytes[..<cut]), Array(bytes[cut...])])
            #expect(messages.map(\.bytes.readableBytes) == [0, 3, 300], "cut at \(cut)")
            #expect(messages.map(\.isPacked) == [false, true, false])
            #expect(messages.last?.bytes.readableBytesView.elementsEqual((0..<300).map { UInt8($0 & 255) }) == true)
        }
    }

    @Test func `a message that comes byte by byte is put together`() throws {
        let messages = try Self.messages((Self.framed(40) + Self.framed(2)).map { [$0] })
        #expect(messages.map(\.bytes.readableBytes) == [40, 2])
    }

    @Test func `a message beyond the limit is refused by its length alone`() {
        let status = #expect(throws: GRPCStatus.self) { try Self.messages([[0, 0, 1, 0, 0]], limit: 65_535) }
        #expect(status?.code == .resourceExhausted)
        #expect(status?.message.contains("65536") == true && status?.message.contains("65535") == true)
    }

    @Test func `behind a message that is refused the next one is read, however the bytes are cut`() throws {
        let bytes = Self.framed(3) + Self.framed(300) + Self.framed(2)
        for cut in 0...bytes.count {
            var reader = MessageReader()
            var story: [Int] = []
            for piece in [bytes[..<cut], bytes[cut...]] {
                reader.add(ByteBuffer(bytes: piece))
                while true {
                    do throws(GRPCStatus) {
                        guard let message = try reader.next(small: 16, limit: { 299 }) else { break }
                        story.append(message.bytes.readableBytes)
                    } catch {
                        #expect(reader.isSkipping)
                        story.append(-1)
                    }
                }
            }
            #expect(story == [3, -1, 2], "cut at \(cut)")
            #expect(reader.isBetweenMessages)
        }
    }

    @Test func `a message that is skipped in the middle costs no memory and is not the end of its stream`() throws {
        var reader = MessageReader()
        reader.add(ByteBuffer(bytes: Self.framed(300).prefix(200)))
        #expect(try reader.next(small: 1000, limit: { 0 }) == nil)
        #expect(reader.uncounted == 195)
        reader.skip()
        #expect(reader.uncounted == 0)
        #expect(!reader.isBetweenMessages)
        reader.add(ByteBuffer(bytes: [UInt8](repeating: 0, count: 105) + Self.framed(4)))
        #expect(try reader.next(small: 1000, limit: { 0 })?.bytes.readableBytes == 4)
        #expect(reader.isBetweenMessages)
    }

    @Test func `a flag that nobody knows is refused`() {
        let status = #expect(throws: GRPCStatus.self) { try Self.messages([[2, 0, 0, 0, 0]]) }
        #expect(status?.code == .internalError)
    }

    @Test func `a length alone costs no memory`() throws {
        var reader = MessageReader()
        reader.add(ByteBuffer(bytes: [0, 0x7f, 0xff, 0xff, 0xff, 1]))
        let message = try reader.next(small: 16) { .max }
        #expect(message == nil)
        #expect(reader.progress.map(\.length) == 0x7fff_ffff)
        #expect((reader.progress?.arrived.capacity ?? .max) <= 4 << 20)
    }

    @Test(arguments: 0..<20) func `the raw tensor of a message in pieces is aligned`(_ name: Int) throws {
        let text = [UInt8](repeating: 0x61, count: name)
        let front: [UInt8] = [0x0a, UInt8(name)] + text + [0x3a, 64]
        let message = front + [UInt8](repeating: 7, count: 64)
        let framed: [UInt8] = [0, 0, 0, 0, UInt8(message.count)] + message
        let whole = try #require(try Self.messages([Array(framed[..<40]), Array(framed[40...])]).first)
        #expect(Array(whole.bytes.readableBytesView) == message)
        let address = whole.bytes.withUnsafeReadableBytes { Int(bitPattern: $0.baseAddress) + front.count }
        #expect(address % 16 == 0)
    }

    @Test(
        arguments: [
            ("1S", 1_000_000_000), ("20m", 20_000_000), ("3u", 3000), ("99999999n", 99_999_999),
            ("2M", 120_000_000_000),
            ("1H", 3_600_000_000_000), ("0m", 0), ("99999999u", 99_999_999_000), ("99999999m", 99_999_999_000_000),
            ("99999999S", 99_999_999_000_000_000), ("99999999M", 5_999_999_940_000_000_000), ("99999999H", .max),
            ("05124095H", 18_446_742_000_000_000_000), ("05124096H", .max),
        ] as [(String, UInt64)])
    func `a timeout is read in its unit`(_ text: String, _ nanoseconds: UInt64) throws {
        #expect(try CallHead.nanoseconds(Array(text.utf8)[...]) == nanoseconds)
    }

    @Test(arguments: ["", "S", "1", "1x", "-1S", "123456789S", "1.5S", " 1S"])
    func `what is no timeout is refused`(_ text: String) {
        #expect(throws: CallHead.Refusal.self) { try CallHead.nanoseconds(Array(text.utf8)[...]) }
    }

    @Test func `messages for people are written in printable ASCII`() {
        #expect(GRPCConnection.percentEncoded("no 'x': 50% of ä\n") == "no 'x': 50%25 of %C3%A4%0A")
        #expect(GRPCConnection.percentEncoded(String(repeating: "x", count: 9000)).utf8.count == 2000)
    }
}
