import NIOCore
import Tensors
import Testing

@testable import InferenceProtocol

/// Bodies that no client means to send: the process must live through all of them. A trap ends the test run itself.
@Suite struct RobustnessTests {
    static let oip = [
        #"{"id":"\u00e9\ud83d\ude00","parameters":{"binary_data_output":true},"inputs":[{"name":"a","shape":[2],"#
            + #""datatype":"FP32","data":[1.5e3,-0.25]},{"data":[[1],[-2]],"shape":[2,1],"name":"b","datatype":"INT32"},"#
            + #"{"name":"c","datatype":"BOOL","shape":[],"parameters":{"x":null},"data":[true]}],"#
            + #""outputs":[{"name":"q","parameters":{"classification":2,"binary_data":false}}]}"#,
        Bodies.request(data: #"["a\"b","\u65e5é"]"#, shape: "[2]", type: "BYTES"),
    ]
    static let tensorFlow = [
        #"{"signature_name":"serving_default","instances":[{"a":1.5,"b":[1]},{"b":[-2],"a":1e-3}]}"#,
        #"{"inputs":{"a":[1.5,2],"b":[[1],[2]],"c":true}}"#,
        #"{"instances":["plain",{"b64":"aGVsbG8="}]}"#,
    ]
    static let strings = Bodies.signature(.bytes, [.symbolic("n")])

    static func signature(for body: String) -> Signature {
        body.contains("BYTES") || body.contains("b64") ? strings : OIPRequestTests.several
    }

    @Test(arguments: oip)
    func `a request cut off anywhere is refused with an offset`(body: String) throws {
        let bytes = Array(body.utf8)
        let signature = Self.signature(for: body)
        #expect(Bodies.problem(body, signature) == nil)
        for count in 0..<bytes.count {
            let problem = #expect(throws: ProtocolError.self) {
                try OIPRequestDecoder.decode(
                    ByteBuffer(bytes: bytes[..<count]), headerLength: nil, signature: signature)
            }
            #expect((problem?.offset ?? .max) <= count, "\(problem?.message ?? "")")
        }
    }

    @Test(arguments: tensorFlow)
    func `a TensorFlow Serving request cut off anywhere is refused with an offset`(body: String) throws {
        let bytes = Array(body.utf8)
        let signature = Self.signature(for: body)
        #expect(throws: Never.self) {
            try TFServingRequestDecoder.decode(ByteBuffer(bytes: bytes), signature: signature)
        }
        for count in 0..<bytes.count {
            let problem = #expect(throws: ProtocolError.self) {
                try TFServingRequestDecoder.decode(ByteBuffer(bytes: bytes[..<count]), signature: signature)
            }
            #expect((problem?.offset ?? .max) <= count, "\(problem?.message ?? "")")
        }
    }

    /// Bytes that matter in JSON, numbers at the edges, and whatever.
    static let splinters =
        [
            "\"", "\\", "[", "]", "{", "}", ",", ":", "-", "e", "0", "9223372036854775808", "-1", "1e999", "null",
            "\\u",
            "\\ud800", "\u{0}", "NaN", "\"NaN\"", "[[[[[[[[", "4294967296", ".", "é", "\"data\":", "\"shape\":[0],",
        ].map { Array($0.utf8) } + [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], []]

    static func mutated(_ bytes: [UInt8], _ random: inout SeededRandom) -> [UInt8] {
        var result = bytes
        for _ in 0...(random.next() % 3) where !result.isEmpty {
            let first = Int(random.next() % UInt64(result.count))
            let last = min(result.count, first + Int(random.next() % 4))
            let splinter = splinters[Int(random.next() % UInt64(splinters.count))]
            switch random.next() % 3 {
            case 0: result[first] = UInt8(truncatingIfNeeded: random.next())
            case 1: result.replaceSubrange(first..<last, with: splinter)
            default:
                // A piece of the same body somewhere else.
                let from = Int(random.next() % UInt64(result.count))
                result.insert(contentsOf: Array(result[from..<min(result.count, from + 20)]), at: first)
            }
        }
        return result
    }

    @Test func `a hundred thousand damaged requests never trap`() {
        var random = SeededRandom(seed: 11)
        var accepted = 0
        var unsound = 0
        var speechless = 0
        for round in 0..<100_000 {
            let isOIP = round % 2 == 0
            let texts = isOIP ? Self.oip : Self.tensorFlow
            let text = texts[round / 2 % texts.count]
            let body = ByteBuffer(bytes: Self.mutated(Array(text.utf8), &random))
            let header: Int? = round % 5 == 0 ? Int(random.next() % 300) : nil
            let signature = Self.signature(for: text)
            do {
                if isOIP {
                    let request = try OIPRequestDecoder.decode(body, headerLength: header, signature: signature)
                    unsound += request.inputs.count { !Self.isSound($0) }
                } else {
                    let request = try TFServingRequestDecoder.decode(body, signature: signature)
                    unsound += request.request.inputs.count { !Self.isSound($0) }
                }
                accepted += 1
            } catch {
                if "\(error)".isEmpty { speechless += 1 }
            }
        }
        #expect(unsound == 0)
        #expect(speechless == 0)
        #expect(accepted > 1000 && accepted < 90_000)
    }

    /// Whether a tensor's memory is what its type and shape call for.
    static func isSound(_ tensor: Tensor) -> Bool {
        (try? Tensor(
            name: tensor.name, elementType: tensor.elementType, shape: tensor.shape, storage: tensor.storage)) != nil
    }

    @Test func `damaged binary requests never trap`() throws {
        var random = SeededRandom(seed: 12)
        let header = #"{"inputs":[{"name":"x","shape":[2],"datatype":"BYTES","parameters":{"binary_data_size":11}}]}"#
        let bytes = Array(header.utf8) + [3, 0, 0, 0, 97, 98, 99, 0, 0, 0, 0]
        for _ in 0..<20_000 {
            let body = ByteBuffer(bytes: Self.mutated(bytes, &random))
            let length = random.next() % 4 == 0 ? Int(truncatingIfNeeded: random.next() % 120) : header.utf8.count
            if let request = try? OIPRequestDecoder.decode(body, headerLength: length, signature: Self.strings) {
                for tensor in request.inputs { #expect(Self.isSound(tensor)) }
            }
        }
    }
}
