import Testing

@testable import Journal

struct NameTests {
    @Test(arguments: ["a", "A", "0", "churn", "a.b_c-d", "9lives", String(repeating: "x", count: 128)])
    func `a name of letters, digits, dots, underscores and hyphens is taken`(name: String) throws {
        try Name.validate(name, field: "model")
    }

    @Test(arguments: [
        "", ".", "..", "-a", "_a", ".hidden", "a/b", "a b", "a\n", "a\u{0}", "é", "a\u{301}", "ａ",
        String(repeating: "x", count: 129),
    ])
    func `any other name is refused, and the refusal names the field`(name: String) {
        #expect(throws: ControlError.self) { try Name.validate(name, field: "endpoint") }
        do throws(ControlError) {
            try Name.validate(name, field: "endpoint")
        } catch {
            #expect(error.code == .invalid)
            #expect(error.field == "endpoint")
            #expect(!error.message.contains("\n"))
            #expect(error.message.count < 200)
        }
    }
}
