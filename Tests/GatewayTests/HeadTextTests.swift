import Identity
import NIOCore
import NIOEmbedded
import Serving
import Testing

@testable import Gateway

@Suite struct HeadTextTests {
    /// What `write` writes into memory of `room` bytes.
    private func text(room: Int = HeadText.room, _ write: (inout HeadText) -> Void) -> String {
        String(
            decoding: [UInt8](unsafeUninitializedCapacity: room) { memory, count in
                var text = HeadText(
                    UnsafeMutableRawBufferPointer(UnsafeMutableBufferPointer(rebasing: memory[..<room])))
                write(&text)
                count = text.count
            }, as: UTF8.self)
    }

    @Test(arguments: [0, 1, 9, 10, 11, 99, 100, 9_007_199_254_740_992, .max - 1, .max])
    func `numbers are written as Swift writes them`(number: Int) {
        #expect(text { $0.write(number) } == String(number))
    }

    @Test func `any number is written as Swift writes it`() {
        var numbers = SystemRandomNumberGenerator()
        for _ in 0..<1000 {
            let number = Int(truncatingIfNeeded: numbers.next() >> UInt64.random(in: 1...63))
            #expect(text { $0.write(number) } == String(number))
        }
        #expect(text { $0.write(-5) } == "0")
    }

    @Test func `texts and names follow each other`() {
        let id = PredictionID(high: 0x0123_4567_89ab_cdef, low: 7)
        let written = text {
            $0.write("a: ")
            $0.write("ünï" as String)
            $0.write(id)
        }
        #expect(written == "a: ünï" + id.text)
    }

    @Test func `what has no room is left out, and nothing beyond it is touched`() {
        let written = text(room: 5) {
            $0.write("abc")
            $0.write("def")
            $0.write(12)
            $0.write(345)
        }
        #expect(written == "abc12")
    }

    @Test func `the longest head that there is has room`() throws {
        let most = QuotaState(limit: .requestsPerSecond, most: .max, remaining: .max, resetSeconds: .max)
        var form = AnswerForm(predictionID: PredictionID(high: 1, low: 2))
        form.quota = most
        form.variant = String(repeating: "v", count: 300)
        form.keepAlive = false
        let loop = LoopContext(eventLoop: EmbeddedEventLoop())
        var buffer = ByteBuffer()
        var writer = AnswerWriter()
        writer.begin(.tooManyRequests, contentType: "a/b", fields: [], form: form, loop: loop, into: &buffer)
        writer.end(&buffer, length: 123)
        let head = String(buffer: buffer)
        #expect(head.hasSuffix("\r\nconnection: close\r\ncontent-length: 123\r\n\r\n"))
        #expect(head.contains("\r\nslipway-variant: " + String(repeating: "v", count: 300) + "\r\n"))
        #expect(head.contains("\r\nratelimit: \"requests-per-second\";r=\(Int.max);t=\(Int.max)\r\n"))
    }
}
