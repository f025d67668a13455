import Journal
import Testing

@testable import Webhooks

@Suite struct EventFilterTests {
    @Test(arguments: [
        ("*", "deployment.created", true), ("*", "something.later", true), ("deployment.*", "deployment.created", true),
        ("deployment.*", "deploymentx.created", false), ("deployment.created", "deployment.created", true),
        ("deployment.created", "deployment.updated", false), ("slipway.rollout.*", "rollout.stepped", true),
        ("rollout.*", "deployment.updated", false),
    ])
    func `a pattern matches what it says`(pattern: String, type: String, isMatch: Bool) throws {
        #expect(try EventFilter([pattern]).matches(type) == isMatch)
    }

    @Test func `one of several patterns is enough, and none at all is everything`() throws {
        let filter = try EventFilter(["promotion.*", "deployment.created", "promotion.*"])
        #expect(filter.patterns == ["promotion.*", "deployment.created"])
        #expect(filter.matches("promotion.applied") && filter.matches("deployment.created"))
        #expect(!filter.matches("deployment.deleted"))
        #expect(try EventFilter([]).patterns == ["*"])
    }

    @Test(arguments: [
        ("promotions.*", "promotion.*"), ("promotion.request", "promotion.requested"),
        ("deploymnt.created", "deployment.created"), ("slipway.rollout.start", "rollout.started"),
        ("rolout.*", "rollout.*"),
    ])
    func `what cannot match is refused with what was meant`(pattern: String, meant: String) {
        let error = #expect(throws: ControlError.self) { try EventFilter(["version.*", pattern]) }
        #expect(error?.code == .invalid && error?.field == "events[1]")
        #expect(error?.hint == "did you mean '\(meant)'?", "\(String(describing: error?.hint))")
    }

    @Test(arguments: ["", ".", "promotion", "promotion.", "*.created", "promotion.**", "a\u{0}b", "sea.weed"])
    func `what is no pattern is refused`(pattern: String) {
        let error = #expect(throws: ControlError.self) { try EventFilter([pattern]) }
        #expect(error?.hint != nil)
    }

    @Test func `there is a bound on how many patterns`() {
        #expect(throws: ControlError.self) {
            try EventFilter(Array(repeating: "*", count: EventFilter.most + 1))
        }
    }

    // MARK: what leaves the server

    @Test(arguments: [
        ("use slw_abcd_0123456789abcdef please", "use slw_*** please"), ("whsec_MfKQ9r8+/=, end", "whsec_***, end"),
        ("see https://bob:pass@example.com/x?y=a@b", "see https://***@example.com/x?y=a@b"),
        ("https://example.com/a@b and ftp://u@h/", "https://example.com/a@b and ftp://***@h/"),
        ("a@b is no secret", "a@b is no secret"), ("", ""), ("slw_", "slw_***"),
    ])
    func `keys and passwords are taken out of what people wrote`(text: String, shown: String) {
        #expect(SecretText.hidden(in: text) == shown)
    }

    private static func event(
        _ action: String, _ subject: String, space: String = "prod", detail: String = "{}"
    ) -> LifecycleEvent {
        LifecycleEvent(
            AuditEvent(
                following: AuditEvent.genesis, sequence: 7, at: Timestamp(microseconds: 0), principal: "alice",
                space: space, action: action, subject: subject, detail: detail, generation: Generation(7)))
    }

    @Test func `the same audit event is the same event, and another chain's is another`() {
        let one = Self.event("version.push", "churn:3")
        #expect(one.id == Self.event("version.push", "churn:3").id)
        #expect(one.id != Self.event("version.push", "churn:4").id)
        #expect(one.id.hasPrefix("audit-7-"))
    }

    @Test func `a deploy is a creation, unless something was live before`() {
        #expect(Self.event("deployment.deploy", "orders").type == "deployment.created")
        #expect(
            Self.event("deployment.deploy", "orders", detail: #"{"before":"churn:1"}"#).type == "deployment.updated")
    }

    @Test func `an action that is not in the table is its own type`() {
        #expect(Self.event("run.started", "x").type == "run.started")
    }

    @Test func `what is in a space is seen there, and a promotion in both of its spaces`() {
        #expect(Self.event("version.push", "churn:3").isSeen(in: "prod"))
        #expect(!Self.event("version.push", "churn:3", detail: #"{"from":"test"}"#).isSeen(in: "test"))
        let promotion = Self.event("promotion.apply", "churn:3", detail: #"{"from":"test","to":"prod"}"#)
        #expect(promotion.isSeen(in: "test") && promotion.isSeen(in: "prod") && !promotion.isSeen(in: "dev"))
    }

    @Test(arguments: [
        ("deployment.delete", "orders", "{}", "deployments/orders"),
        ("rollout.advance", "orders", #"{"rollout":"2"}"#, "deployments/orders"),
        ("alert.acknowledged", "orders", #"{"alert":"12"}"#, "alerts/12"),
        ("promotion.apply", "churn:3", #"{"promotion":"4"}"#, "promotions/4"),
        ("version.push", "churn:3", "{}", "models/churn/versions/3"), ("member.add", "bob", "{}", "members/bob"),
        ("storage.collect", "blobs", "{}", "storage/blobs"),
    ])
    func `events about one thing have one subject`(action: String, subject: String, detail: String, shown: String) {
        let event = Self.event(action, subject, detail: detail).cloudEvent(telling: nil)
        #expect(event.subject == shown)
        #expect(event.source == "/api/v1/spaces/prod")
    }
}
