import Journal
import NIOCore
import Testing

@testable import MLflowGateway

/// What clients send, read as MLflow's messages mean it.
@Suite struct FieldsTests {
    private func fields(_ json: String) throws -> MLflowFields {
        MLflowFields(try MLflowValue.object(ByteBuffer(string: json)))
    }

    @Test func `a whole number of 64 bits keeps its digits, as a number and as a text`() throws {
        let fields = try fields(#"{"a": 9223372036854775807, "b": "-9223372036854775808", "c": 1e3, "d": null}"#)
        #expect(try fields.whole("a") == Int.max)
        #expect(try fields.whole("b") == Int.min)
        #expect(try fields.whole("c") == 1000)
        #expect(try fields.whole("d") == nil)
        #expect(try fields.whole("e") == nil)
    }

    @Test(arguments: [#"{"a": 1.5}"#, #"{"a": "x"}"#, #"{"a": 9223372036854775808}"#, #"{"a": [1]}"#, #"{"a": true}"#])
    func `what is no whole number is refused by name`(json: String) throws {
        let error = #expect(throws: ControlError.self) { _ = try self.fields(json).whole("a") }
        #expect(error?.field == "a")
        #expect(error?.message.contains("must be a whole number") == true)
    }

    @Test func `numbers that JSON has no digits for come as words`() throws {
        let fields = try fields(#"{"a": "NaN", "b": "Infinity", "c": "-Infinity", "d": "0.5", "e": 3}"#)
        #expect(try fields.number("a")?.isNaN == true)
        #expect(try fields.number("b") == .infinity)
        #expect(try fields.number("c") == -.infinity)
        #expect(try fields.number("d") == 0.5)
        #expect(try fields.number("e") == 3)
    }

    @Test func `a message in a list is refused with its place`() throws {
        let fields = try fields(#"{"metrics": [{"key": "a"}, {"key": 1.5}]}"#)
        let error = #expect(throws: ControlError.self) {
            for message in try fields.messages("metrics") { _ = try message.required("key") }
        }
        #expect(error?.field == "metrics[1].key")
    }

    @Test(arguments: [
        "[]", "1", "{", #"{"a"}"#, #"{"a": 1} x"#, #"{"a": NaN}"#, "\u{0}", #"{"a": "#,
        String(repeating: "[", count: 100_000), #"{"a": "# + String(repeating: #"{"a":"#, count: 40),
    ])
    func `what is no object is refused, however deep it is`(json: String) {
        let error = #expect(throws: ControlError.self) { _ = try self.fields(json) }
        #expect(error?.code == .invalid)
    }

    @Test func `an empty body is an empty message, and unknown members are passed over`() throws {
        #expect(try fields("").text("a") == nil)
        #expect(try fields(#"{"b": {"c": [1, {"d": null}]}}"#).text("a") == nil)
    }

    @Test func `a query is decoded once, and a name that comes twice is a list`() throws {
        let fields = MLflowFields(try QueryText.members(of: "/x?run_id=a%2Fb&path=c+d&ids=1&ids=2&none"))
        #expect(try fields.text("run_id") == "a/b")
        #expect(try fields.text("path") == "c d")
        #expect(try fields.texts("ids") == ["1", "2"])
        #expect(try fields.text("none") == "")
        #expect(throws: ControlError.self) { try QueryText.members(of: "/x?a=%zz") }
    }

    @Test func `a token of a page is its own and no other`() throws {
        #expect(try PageToken.offset(PageToken.text(1234)) == 1234)
        #expect(try PageToken.offset(nil) == 0)
        for token in ["x", "b2Zmc2V0Oi0x", "b2Zmc2V0Ong=", PageToken.text(Int.max) + "A"] {
            #expect(throws: ControlError.self) { try PageToken.offset(token) }
        }
    }
}
