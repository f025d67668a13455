import Foundation
import GitRuns
import Journal
import Testing

@Suite struct PushEventTests {
    private static let old = String(repeating: "1", count: 40)
    private static let new = String(repeating: "2", count: 40)
    private static let nothing = String(repeating: "0", count: 40)

    /// What GitHub sends, as far as it is read, with some members replaced; a member replaced by `NSNull` is `null`, one
    /// replaced by `nil` is left out.
    private func message(_ changes: [String: Any?] = [:]) throws -> [UInt8] {
        var members: [String: Any] = [
            "ref": "refs/heads/main", "before": Self.old, "after": Self.new, "deleted": false, "forced": false,
            "repository": ["clone_url": "https://github.com/ada/churn.git", "full_name": "ada/churn", "id": 7],
            "head_commit": [
                "id": Self.new, "message": "better", "author": ["name": "Ada", "email": "ada@example.org"],
            ],
            "pusher": ["name": "ada", "email": "ada@example.org"], "commits": [["id": Self.new]],
        ]
        for (name, value) in changes { members[name] = value }
        return Array(try JSONSerialization.data(withJSONObject: members))
    }

    private func verdict(_ changes: [String: Any?], url: String = "https://github.com/ada/churn") throws -> HookVerdict
    {
        try PushEvent(message(changes)).verdict(branch: "main", url: url)
    }

    @Test func `a push of the branch is a run of what it points at now`() throws {
        let event = try PushEvent(message())
        #expect(event.reference == .branch("main"))
        #expect(event.before == Self.old)
        #expect(event.author == "Ada <ada@example.org>")
        #expect(event.person == "ada")
        #expect(try verdict([:]) == .start(commit: Self.new))
    }

    @Test func `a new branch and a repository with SHA-256 are read too`() throws {
        let long = String(repeating: "c", count: 64)
        #expect(try verdict(["before": Self.nothing]) == .start(commit: Self.new))
        #expect(try verdict(["before": String(repeating: "0", count: 64), "after": long]) == .start(commit: long))
    }

    @Test func `what only a shell script would send is enough`() throws {
        let text =
            #"{"ref":"refs/heads/main","after":"\#(Self.new)","repository":{"clone_url":"file:///git/churn.git"}}"#
        let event = try PushEvent(Array(text.utf8))
        #expect(event.person == "somebody")
        #expect(event.author == nil)
        #expect(event.verdict(branch: "main", url: "file:///git/churn.git") == .start(commit: Self.new))
    }

    @Test func `other branches, tags, deletions and other repositories are ignored, and it is said why`() throws {
        let cases: [([String: Any?], String)] = [
            (["ref": "refs/heads/feature/x"], "feature/x"), (["ref": "refs/heads/mainx"], "mainx"),
            (["ref": "refs/tags/v1"], "tag v1"), (["ref": "refs/pull/7/head"], "refs/pull/7/head"),
            (["after": Self.nothing, "deleted": true, "head_commit": NSNull()], "deleted"),
            (["repository": ["clone_url": "https://github.com/eve/churn.git"]], "eve/churn"),
        ]
        for (changes, part) in cases {
            guard case .ignored(let why) = try verdict(changes) else {
                Issue.record("\(changes) is not ignored")
                continue
            }
            #expect(why.contains(part))
        }
    }

    @Test(arguments: [
        ("https://github.com/ada/churn.git", "https://GitHub.com/Ada/Churn", true),
        ("https://github.com/ada/churn", "https://x-token:abc@github.com/ada/churn.git/", true),
        ("https://github.com/ada/churn", "https://github.com/ada/churn2", false),
        ("https://github.com/ada/churn", "https://github.com.evil.example/ada/churn", false),
        ("file:///git/churn.git", "file:///git/churn", true), ("file:///git/churn", "file:///git/Churn", false),
        ("https://a@evil.example/ada/churn", "https://evil.example/ada/churn", true),
    ])
    func `addresses are compared without what makes no difference`(_ one: String, _ other: String, _ same: Bool) {
        #expect(RepositoryAddress.isSame(one, other) == same)
    }

    @Test func `a member that is missing or wrong is named`() throws {
        let cases: [([String: Any?], String)] = [
            (["ref": nil], "ref"), (["ref": 7], "ref"), (["ref": "main"], "ref"), (["ref": "refs/"], "ref"),
            (["ref": "refs/heads/" + String(repeating: "x", count: 2000)], "ref"),
            (["after": nil], "after"), (["after": "HEAD"], "after"), (["after": Self.new + "0"], "after"),
            (["after": Self.new.dropLast() + "G"], "after"), (["after": "--upload-pack=touch /tmp/x"], "after"),
            (["before": "x"], "before"), (["deleted": "yes"], "deleted"), (["deleted": true], "deleted"),
            (["after": Self.nothing], "deleted"), (["repository": nil], "repository"),
            (["repository": []], "repository"),
            (["repository": ["name": "x"]], "repository.clone_url"),
            (["repository": ["clone_url": NSNull()]], "repository.clone_url"),
            (["repository": ["clone_url": String(repeating: "x", count: 3000)]], "repository.clone_url"),
            (["head_commit": ["author": ["name": 7]]], "head_commit.author.name"),
            (["pusher": "ada"], "pusher"), (["pusher": ["name": String(repeating: "x", count: 300)]], "pusher.name"),
        ]
        for (changes, field) in cases {
            let body = try message(changes)
            let error = #expect(throws: ControlError.self, "\(changes)") { try PushEvent(body) }
            #expect(error?.code == .invalid)
            #expect(error?.field == field)
        }
    }

    @Test(arguments: ["", "null", "[]", "7", "\"text\"", "{", "payload=%7B%22ref%22%3A1%7D", "\u{FEFF}{}"])
    func `what is no JSON object is refused with what to choose`(_ text: String) {
        let error = #expect(throws: ControlError.self) { try PushEvent(Array(text.utf8)) }
        #expect(error?.code == .invalid)
    }

    @Test func `deep and large messages are refused`() throws {
        let deep = #"{"ref":"# + String(repeating: "[", count: 100_000) + String(repeating: "]", count: 100_000) + "}"
        #expect(throws: ControlError.self) { try PushEvent(Array(deep.utf8)) }
        let large = try message(["padding": String(repeating: "x", count: PushEvent.maximumBytes)])
        let error = #expect(throws: ControlError.self) { try PushEvent(large) }
        #expect(error?.code == .tooLarge)
    }
}

@Suite struct HookSignatureTests {
    private let key = Array("It's a Secret to Everybody".utf8)
    private let body = Array("Hello, World!".utf8)
    /// The example of GitHub's documentation.
    private let signature = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"

    @Test func `GitHub's own example is accepted`() {
        #expect(HookSignature.sign(body, key: key) == signature)
        #expect(HookSignature.isValid(signature, body: body, key: key))
        #expect(HookSignature.isValid("sha256=" + signature.dropFirst(7).uppercased(), body: body, key: key))
    }

    @Test func `anything else is not`() {
        let others = [
            nil, "", "sha256=", "sha256=00", String(signature.dropFirst(7)), "sha1=" + signature.dropFirst(7),
            signature + "00", String(signature.dropLast(2)),
            signature.replacingOccurrences(of: "757107", with: "757108"),
            "sha256=" + String(repeating: "0", count: 64), "sha256=" + String(repeating: "g", count: 64),
        ]
        for other in others { #expect(!HookSignature.isValid(other, body: body, key: key), "\(other ?? "none")") }
        #expect(!HookSignature.isValid(signature, body: body + [0], key: key))
        #expect(!HookSignature.isValid(signature, body: body, key: key + [1]))
    }

    @Test func `each repository and each salt has a secret of its own`() {
        let secrets = HookSecrets(master: [1, 2, 3])
        let one = secrets.secret(ofRepository: "churn", salt: "a")
        #expect(one == secrets.secret(ofRepository: "churn", salt: "a"))
        let others = [
            secrets.secret(ofRepository: "churn", salt: "b"), secrets.secret(ofRepository: "other", salt: "a"),
            HookSecrets(master: [1, 2, 4]).secret(ofRepository: "churn", salt: "a"),
        ]
        #expect(!others.contains(one))
        #expect(HookSecrets.newSalt() != HookSecrets.newSalt())
        #expect(one.utf8.count == 64)
    }
}
