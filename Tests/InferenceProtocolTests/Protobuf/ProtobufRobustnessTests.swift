import NIOCore
import Tensors
import Testing

@testable import InferenceProtobuf
@testable import InferenceProtocol

/// Messages that no client means to send: the process must live through all of them. A trap ends the test run itself.
@Suite struct ProtobufRobustnessTests {
    static let signature = OIPRequestTests.several

    /// Requests that fit, raw and typed, with everything in them that a request can have.
    static let requests: [[UInt8]] = [false, true].map { isRaw in
        var message = ProtobufBuilder()
        message.string(1, "model")
        message.string(2, "3")
        message.string(3, "id-é")
        message.entry(4, "timeout") { $0.choice(2, 5) }
        message.input("b", "INT32", [2, 1]) { input in
            input.entry(4, "note") { $0.double(4, 0.5) }
            if !isRaw { input.message(5) { $0.packed(2, [1 << 20, -1]) } }
        }
        message.input("a", "FP32", [2]) { input in
            if !isRaw { input.contents(6, Messages.raw([Float(1), 2])) }
        }
        message.input("c", "BOOL", []) { input in
            if !isRaw { input.message(5) { $0.choice(1, 1) } }
        }
        message.message(6) { output in
            output.string(1, "q")
            output.entry(2, "classification") { $0.choice(5, 2) }
        }
        if isRaw {
            message.bytes(7, Messages.raw([Int32(7), -8]))
            message.bytes(7, Messages.raw([Float(0.5), 1.5]))
            message.bytes(7, Messages.raw([UInt8(1)]))
        }
        return Array(message.bytes.readableBytesView)
    }

    static let answer: [UInt8] = {
        var message = ProtobufBuilder()
        message.string(1, "model")
        for type in ["FP32", "INT64", "BYTES"] {
            message.message(5) { output in
                output.string(1, type)
                output.string(2, type)
                output.packed(3, [1])
                switch type {
                case "FP32": output.contents(6, Messages.raw([Float(1)]))
                case "INT64": output.message(5) { $0.packed(3, [-5]) }
                default: output.message(5) { $0.element(8, "text") }
                }
            }
        }
        return Array(message.bytes.readableBytesView)
    }()

    /// Where the outermost fields of `bytes` end: cut there, a message is a shorter message.
    static func boundaries(_ bytes: [UInt8]) throws -> Set<Int> {
        try bytes.withUnsafeBytes { bytes in
            var reader = ProtobufReader(bytes)
            var ends: Set<Int> = [0]
            while let tag = try reader.next() {
                try reader.skip(tag)
                ends.insert(reader.offset)
            }
            return ends
        }
    }

    @Test(arguments: requests) func `a request cut off within a field is refused with its place`(bytes: [UInt8]) throws
    {
        #expect(throws: Never.self) {
            try GRPCInferRequestDecoder.decode(ByteBuffer(bytes: bytes), signature: Self.signature)
        }
        let boundaries = try Self.boundaries(bytes)
        for count in 0..<bytes.count {
            let cut = ByteBuffer(bytes: bytes[..<count])
            guard !boundaries.contains(count) else {
                _ = try? GRPCInferRequestDecoder.decode(cut, signature: Self.signature)
                continue
            }
            let problem = #expect(throws: ProtocolError.self) {
                try GRPCInferRequestDecoder.decode(cut, signature: Self.signature)
            }
            #expect((problem?.offset ?? .max) <= count, "\(problem?.message ?? "")")
            #expect(throws: ProtocolError.self) { try GRPCInferRequest.head(of: cut) }
        }
    }

    /// Bytes that matter in messages: tags, lengths that lie, long numbers.
    static let splinters: [[UInt8]] = [
        [0x2a], [0x32], [0x3a], [0x0a], [0x08], [0x0b], [0x0d], [0x09], [0x00], [0xff], [0x7f], [0x80, 0x80, 0x01],
        [0xff, 0xff, 0xff, 0xff, 0x0f], Array(repeating: 0xff, count: 9) + [0x01], Array(repeating: 0x80, count: 12),
        [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f], [],
    ]

    static func mutated(_ bytes: [UInt8], _ random: inout SeededRandom) -> [UInt8] {
        var result = bytes
        for _ in 0...(random.next() % 3) where !result.isEmpty {
            let first = Int(random.next() % UInt64(result.count))
            let last = min(result.count, first + Int(random.next() % 4))
            switch random.next() % 3 {
            case 0: result[first] = UInt8(truncatingIfNeeded: random.next())
            case 1:
                result.replaceSubrange(
                    first..<last, with: splinters[Int(random.next() % UInt64(splinters.count))])
            default:
                let from = Int(random.next() % UInt64(result.count))
                result.insert(contentsOf: Array(result[from..<min(result.count, from + 20)]), at: first)
            }
        }
        return result
    }

    @Test func `a hundred thousand damaged requests never trap`() {
        var random = SeededRandom(seed: 23)
        var accepted = 0
        var unsound = 0
        var speechless = 0
        for round in 0..<100_000 {
            let message = ByteBuffer(bytes: Self.mutated(Self.requests[round % 2], &random))
            do {
                let request = try GRPCInferRequestDecoder.decode(message, signature: Self.signature)
                unsound += request.inputs.count { !RobustnessTests.isSound($0) }
                accepted += 1
            } catch {
                if error.message.isEmpty { speechless += 1 }
            }
            _ = try? GRPCInferRequest.head(of: message)
        }
        #expect(unsound == 0)
        #expect(speechless == 0)
        #expect(accepted > 1000 && accepted < 90_000)
    }

    @Test func `damaged answers and plain noise never trap`() {
        var random = SeededRandom(seed: 24)
        var accepted = 0
        var unsound = 0
        for round in 0..<40_000 {
            let bytes =
                round % 4 == 0
                ? (0..<Int(random.next() % 64)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
                : Self.mutated(Self.answer, &random)
            let message = ByteBuffer(bytes: bytes)
            if let answer = try? GRPCInferResponseDecoder.decode(message) {
                unsound += answer.outputs.count { !RobustnessTests.isSound($0) }
                accepted += 1
            }
            if let message = try? ProtobufMessage(message) {
                _ = try? message.strings(1)
                _ = try? message.messages(5).map { try $0.messages(4) }
            }
        }
        #expect(unsound == 0)
        #expect(accepted > 1000 && accepted < 35_000)
    }
}
