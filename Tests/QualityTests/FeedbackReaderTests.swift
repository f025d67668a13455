import Journal
import Serving
import Testing

@testable import Quality

@Suite struct `A body of feedback` {
    static let id = "0123456789abcdef00000000000000ff"

    static func read(
        _ text: String, _ format: FeedbackReader.Format, pieces: Int = 1
    ) throws -> FeedbackReader {
        var reader = FeedbackReader(format)
        let bytes = Array(text.utf8)
        let size = max(1, bytes.count / pieces)
        for start in stride(from: 0, to: bytes.count, by: size) {
            try bytes[start..<min(start + size, bytes.count)].withUnsafeBytes { try reader.take($0) }
        }
        try reader.finish()
        return reader
    }

    @Test func `every kind of item is read, however the bytes come`() throws {
        let lines = [
            #"{"prediction": "\#(Self.id)", "truth": 1}"#, "", #"{"request_id":"a\u0062","truth":["x",null,2.50]}"#,
            #"  {"key": 4711, "truth": true, "at": "2026-03-01T00:00:00Z"}"#,
        ]
        let prediction = try #require(PredictionID(Self.id))
        let expected = [
            FeedbackItem(place: 0, subject: .prediction(prediction), truth: ["1"]),
            FeedbackItem(place: 1, subject: .request("ab"), truth: ["x", nil, "2.5"]),
            FeedbackItem(place: 2, subject: .key("4711"), truth: ["true"], at: 1_772_323_200_000_000),
        ]
        for pieces in 1...40 {
            let reader = try Self.read(lines.joined(separator: "\n"), .lines, pieces: pieces)
            #expect(reader.items == expected)
            let items = lines.filter { !$0.isEmpty }.joined(separator: ",")
            #expect(try Self.read("{\"items\": [\(items)]}", .document, pieces: pieces).items == expected)
        }
    }

    @Test(arguments: [
        ("1", "1"), ("1.0", "1"), ("-0", "0"), ("1e3", "1000"), ("0.1", "0.1"),
        ("12345678901234567890", "1.2345678901234567e+19"),
    ])
    func `a number is one class however it is written`(written: String, name: String) throws {
        let reader = try Self.read(#"{"items": [{"key": "k", "truth": \#(written)}]}"#, .document)
        #expect(reader.items.first?.truth == [name])
    }

    @Test(arguments: [
        "", "{", "[]", "{}", #"{"items": 1}"#, #"{"items": []} x"#, #"{"itms": []}"#, #"{"items": [], "items": []}"#,
        #"{"items": [{"truth": 01}]}"#, #"{"items": [{"truth": "\#u{1}"}]}"#,
    ])
    func `what is no feedback is refused as a whole`(text: String) {
        #expect(throws: ControlError.self) { try Self.read(text, .document) }
    }

    @Test func `a broken line is named`() {
        let error = #expect(throws: ControlError.self) { try Self.read("{\"key\":1,\"truth\":1}\n\n{\"key\"", .lines) }
        #expect(error?.message.contains("line 3") ?? false)
    }

    @Test(arguments: [
        (#"{"truth": 1}"#, "exactly one"), (#"{"prediction": "x", "truth": 1}"#, "32 hexadecimal"),
        (#"{"key": "a"}"#, "missing"), (#"{"key": "a", "truth": null}"#, "null"),
        (#"{"key": "a", "truth": [[1]]}"#, "must be a text"), (#"{"key": "a", "truth": 1, "att": 1}"#, "did you mean"),
        (#"{"key": "a", "truth": 1e999}"#, "too large"), (#"{"key": "a", "truth": 1, "at": "noon"}"#, "moment"),
        ("3", "no object"),
    ])
    func `an item that is wrong is refused by itself`(item: String, reason: String) throws {
        let reader = try Self.read(#"{"items": [\#(item), {"key": "b", "truth": 1}]}"#, .document)
        #expect(reader.items.map(\.place) == [1])
        #expect(reader.refusals.refused == 1)
        #expect(reader.refusals.refusals.first?.reason.contains(reason) ?? false, "\(reader.refusals.refusals)")
    }
}

@Suite struct `Bytes from anybody` {
    @Test func `whatever a body is, it is read or refused`() {
        let valid = Array(
            #"{"items": [{"prediction": "0123456789abcdef00000000000000ff", "truth": [1, null, "x", 1e-5], "at": "2026-03-01T00:00:00Z"}, {"key": true, "truth": -0.5}]}"#
                .utf8)
        var random = SeededRandom(seed: 3)
        for _ in 0..<3000 {
            var bytes = valid
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes.remove(at: place)
                default: bytes.insert(valid[Int.random(in: 0..<valid.count, using: &random)], at: place)
                }
            }
            for format in [FeedbackReader.Format.document, .lines] {
                var reader = FeedbackReader(format)
                try? bytes.withUnsafeBytes { try reader.take($0) }
                try? reader.finish()
                #expect(reader.items.count + reader.refusals.refused <= bytes.count)
            }
        }
    }
}
