import Testing

@testable import Commands

struct NamesTests {
    @Test(arguments: [
        ("churn", "churn", Int?.none), ("churn:3", "churn", 3), ("a.b-c_d:1", "a.b-c_d", 1), ("7:7", "7", 7),
    ])
    func `names and versions that are taken`(text: String, name: String, version: Int?) throws {
        #expect(try VersionReference.parse(text) == VersionReference(name: name, version: version))
    }

    @Test(arguments: [
        "", ":", "churn:", "churn:0", "churn:-1", "churn:+1", "churn:x", "churn:1:2", ":3", "a b", ".churn", "ä", "a/b",
        "churn:99999999999999999999", String(repeating: "a", count: 129),
    ])
    func `names and versions that are refused as wrong usage`(text: String) {
        #expect { try VersionReference.parse(text) } throws: { ($0 as? Failure)?.code == .usage }
    }

    @Test func `assignments split at the first equals sign`() {
        #expect(Assignment(argument: "a=b=c")?.value == "b=c")
        #expect(Assignment(argument: "a=")?.value == "")
        #expect(Assignment(argument: "=b") == nil)
        #expect(Assignment(argument: "ab") == nil)
    }

    @Test func `metrics are numbers, given once`() throws {
        let all = ["f1=0.5", "rmse=1e3"].compactMap(Assignment.init(argument:))
        #expect(try Assignment.numbers(all, "--metric") == ["f1": 0.5, "rmse": 1000])
        #expect(try Assignment.numbers([], "--metric") == nil)
        for bad in [["f1=high"], ["f1=nan"], ["f1=inf"], ["f1=1", "f1=2"]] {
            let assignments = bad.compactMap(Assignment.init(argument:))
            #expect(throws: Failure.self) { try Assignment.numbers(assignments, "--metric") }
        }
    }

    @Test(arguments: [
        ("chrun", "churn"), ("Churn", "churn"), ("churns", "churn"), ("iriss", "iris"), ("xyz", nil), ("c", nil),
    ])
    func `the name that was meant`(typed: String, meant: String?) {
        #expect(Suggestion.nearest(to: typed, among: ["churn", "iris", "digits"]) == meant)
    }

    @Test(arguments: [("", "", 0), ("abc", "", 3), ("ab", "ba", 1), ("kitten", "sitting", 3), ("abc", "abc", 0)])
    func `distances between names`(a: String, b: String, distance: Int) {
        #expect(Suggestion.distance(Array(a), Array(b)) == distance)
    }

    @Test func `hints list what there is, and say when there is nothing`() {
        #expect(
            Suggestion.hint(for: "x", among: [], plural: "models", whenNone: "push one")
                == "there are no models yet: push one")
        #expect(
            Suggestion.hint(for: "zzz", among: ["b", "a"], plural: "models", whenNone: "") == "models: a, b")
        let many = (1...10).map { "model-number-\($0)" }
        #expect(Suggestion.hint(for: "zzz", among: many, plural: "models", whenNone: "").hasSuffix(" and 2 more"))
    }

    @Test func `flags win over the environment, and both over defaults`() {
        let environment = ["SLIPWAY_SERVER": "http://a:1", "SLIPWAY_SPACE": "dev", "SLIPWAY_TOKEN": ""]
        func settings(_ server: String?, _ space: String?, _ environment: [String: String]) -> Settings {
            Settings(server: server, token: nil, space: space, caCertificate: nil, environment: environment)
        }
        #expect(settings(nil, nil, [:]).server == "http://127.0.0.1:8080")
        #expect(settings(nil, nil, [:]).space == "default")
        #expect(settings(nil, nil, environment).server == "http://a:1")
        #expect(settings(nil, nil, environment).token == nil)
        let flagged = settings("http://b:2", "prod", environment)
        #expect(flagged.server == "http://b:2")
        let bare = settings(nil, nil, environment)
        #expect(flagged.flags(beside: bare) == " --server http://b:2 --space prod")
        #expect(settings(nil, "prod", environment).flags(beside: bare) == " --space prod")
        #expect(settings(nil, "default", environment).flags(beside: bare) == " --space default")
        #expect(bare.flags(beside: bare) == "")
    }
}
