import Foundation
import InferenceProtocol
import Serving
import Testing

@testable import Gateway

/// An endpoint with an open rollout, over a socket: who answers, and how callers choose.
@Suite struct VariantTests {
    private static func plan(
        canary: Int = 0, sticky: StickyKey? = nil, header: String = TrafficPlan.defaultVariantHeader
    ) -> TrafficPlan {
        TrafficPlan(
            rollout: 1, strategy: .canary,
            targets: [
                TrafficTarget(variant: "stable", weight: TrafficPlan.whole - canary, entry: Workshop.entry("fast")),
                TrafficTarget(
                    variant: "canary", weight: canary, entry: Workshop.entry("fast", digest: "other", version: 4)),
            ], sticky: sticky, variantHeader: header)
    }

    private func serving<Value: Sendable>(
        _ plan: TrafficPlan?, _ body: @Sendable @escaping (Workshop, inout Wire.Session) async throws -> Value
    ) async throws -> Value {
        let workshop = try await Workshop()
        if let plan {
            var entry = Workshop.entry("fast")
            entry.traffic = plan
            await workshop.dataPlane.install(ServingSnapshot(generation: 1, endpoints: [entry]))
        }
        return try await workshop.serving { address in
            try await Wire.connect(address) { session in try await body(workshop, &session) }
        }
    }

    private static let tensorFlow = #"{"instances":[[1.5,-2]]}"#

    @Test(
        arguments: [
            ("/v2/models/fast/infer", [], "stable", "3"),
            ("/v2/models/fast/versions/3/infer", [], "stable", "3"),
            ("/v2/models/fast/versions/v:3/infer", [], "stable", "3"),
            ("/v2/models/fast/versions/stable/infer", [], "stable", "3"),
            ("/v2/models/fast/versions/4/infer", [], "canary", "4"),
            ("/v2/models/fast/versions/v%3A4/infer", [], "canary", "4"),
            ("/v2/models/fast/versions/canary/infer", [], "canary", "4"),
            ("/spaces/default/v2/models/fast/versions/canary/infer", [], "canary", "4"),
            ("/v2/models/fast/infer", ["slipway-variant: canary"], "canary", "4"),
            ("/v2/models/fast/infer", ["Slipway-Variant: v:4"], "canary", "4"),
            ("/v2/models/fast/versions/canary/infer", ["slipway-variant: canary"], "canary", "4"),
            ("/v2/models/fast/versions/4/infer", ["slipway-variant: latest"], "canary", "4"),
        ] as [(String, [String], String, String)])
    func `who names a version gets it, and the answer says which it was`(
        _ path: String, _ fields: [String], _ variant: String, _ version: String
    ) async throws {
        let answer = try await serving(Self.plan()) { _, session in
            try await session.ask("POST", path, Request.body, fields: fields)
        }
        #expect(answer.status == 200)
        #expect(answer["slipway-variant"] == variant)
        #expect(try answer.object()["model_version"] as? String == version)
    }

    @Test(arguments: [
        ("/v1/models/fast:predict", "stable"), ("/v1/models/fast/labels/latest:predict", "stable"),
        ("/v1/models/fast/versions/4:predict", "canary"), ("/v1/models/fast/labels/canary:predict", "canary"),
        ("/v1/models/fast/labels/v:4:predict", "canary"), ("/v1/models/fast/labels/stable:predict", "stable"),
    ])
    func `so does who speaks TensorFlow Serving`(_ path: String, _ variant: String) async throws {
        let answer = try await serving(Self.plan()) { _, session in
            try await session.ask("POST", path, Self.tensorFlow)
        }
        #expect(answer.status == 200)
        #expect(answer["slipway-variant"] == variant)
    }

    @Test(
        arguments: [
            (
                "/v2/models/fast/versions/9/infer", [], 404,
                "has no version '9'; it has 'stable' (version 3), 'canary' (version 4)"
            ),
            ("/v2/models/fast/versions/blue/infer", [], 404, "has no label 'blue'; it has 'stable' (version 3)"),
            (
                "/v2/models/fast/infer", ["slipway-variant: blue"], 404,
                "has no variant 'blue'; it has 'stable' (version 3)"
            ),
            (
                "/v2/models/fast/versions/stable/infer", ["slipway-variant: canary"], 400,
                "the path means version 3, and the variant 'canary' is version 4"
            ),
            (
                "/v2/models/fast/infer", ["slipway-variant: canary", "slipway-variant: stable"], 400,
                "two 'slipway-variant'"
            ),
            ("/v1/models/fast/labels/blue:predict", [], 404, "has no label 'blue'"),
        ] as [(String, [String], Int, String)])
    func `what is not there, or is two things, is refused in words`(
        _ path: String, _ fields: [String], _ status: Int, _ text: String
    ) async throws {
        let answer = try await serving(Self.plan()) { _, session in
            try await session.ask("POST", path, Request.body, fields: fields)
        }
        #expect(answer.status == status)
        #expect(answer.text.contains(text), "\(answer.text)")
    }

    @Test func `without a rollout only the one version has a name, and answers do not speak of variants`() async throws
    {
        try await serving(nil) { _, session in
            let answer = try await session.ask("POST", "/v2/models/fast/versions/stable/infer", Request.body)
            #expect(answer.status == 200 && answer["slipway-variant"] == nil)
            let forced = try await session.ask(
                "POST", "/v2/models/fast/infer", Request.body, fields: ["slipway-variant: stable"])
            #expect(forced.status == 200)
            let other = try await session.ask(
                "POST", "/v2/models/fast/infer", Request.body, fields: ["slipway-variant: canary"])
            #expect(other.status == 404)
            #expect(other.text.contains("has no variant 'canary'; it has 'stable' and 'v:3', and no rollout is open"))
            let label = try await session.ask("GET", "/v2/models/fast/versions/canary", "")
            #expect(label.status == 404)
        }
    }

    @Test func `weights decide for who asks for nothing, and each answer is counted where it was made`() async throws {
        try await serving(Self.plan(canary: 5000)) { workshop, session in
            var made: [String: UInt64] = [:]
            for _ in 0..<200 {
                let answer = try await session.ask("POST", "/v2/models/fast/infer", Request.body)
                made[answer["slipway-variant"] ?? "", default: 0] += 1
            }
            // Who chooses for themselves says nothing about a variant.
            for _ in 0..<10 {
                _ = try await session.ask("POST", "/v2/models/fast/versions/canary/infer", Request.body)
            }
            let arms = workshop.dataPlane.arms(space: "default", endpoint: "fast")
            #expect(arms.map(\.counts.requests) == [made["stable"] ?? 0, made["canary"] ?? 0])
            #expect(arms.allSatisfy { $0.counts.errors == 0 && $0.counts.requests > 50 })
            #expect(arms.allSatisfy { $0.counts.latency.reduce(0, +) == $0.counts.requests })
            #expect(arms.allSatisfy { $0.counts.outputs.first?.bins.reduce(0, +) == $0.counts.requests })
            let versions = workshop.dataPlane.endpoint(space: "default", name: "fast")?.versions
            #expect(
                versions?.map { $0.statistics.snapshot().successes } == [
                    made["stable"] ?? 0, (made["canary"] ?? 0) + 10,
                ])
        }
    }

    @Test(arguments: [StickyKey.header("user-id"), .parameter("user")])
    func `the same caller gets the same version`(_ sticky: StickyKey) async throws {
        let plan = Self.plan(canary: 5000, sticky: sticky)
        try await serving(plan) { _, session in
            for user in 0..<20 {
                let expected = plan.variant(of: RoutingKey("\(user)"), space: "default", endpoint: "fast")
                for text in ["\(user)", "\"\(user)\""] {
                    let body = #"{"parameters":{"user":\#(text)},"# + Request.body.dropFirst()
                    let answer = try await session.ask(
                        "POST", "/v2/models/fast/infer", body, fields: ["User-Id: \(user)"])
                    #expect(answer["slipway-variant"] == expected)
                }
            }
        }
    }

    @Test func `a parameter that is no key is refused`() async throws {
        let answer = try await serving(Self.plan(sticky: .parameter("user"))) { _, session in
            try await session.ask(
                "POST", "/v2/models/fast/infer", #"{"parameters":{"user":[1]},"# + Request.body.dropFirst())
        }
        #expect(answer.status == 400)
        #expect(
            answer.text.contains("parameters.user: a key that requests are routed by is a string or a whole number"))
    }

    @Test func `a rollout may have a header of its own for testers`() async throws {
        try await serving(Self.plan(header: "x-side")) { _, session in
            let answer = try await session.ask(
                "POST", "/v2/models/fast/infer", Request.body, fields: ["X-Side: canary"])
            #expect(answer["slipway-variant"] == "canary")
            let both = try await session.ask(
                "POST", "/v2/models/fast/infer", Request.body, fields: ["x-side: canary", "slipway-variant: stable"])
            #expect(both.status == 400)
            #expect(both.text.contains("the request names the variants 'stable' and 'canary', which are two"))
            let path = try await session.ask(
                "POST", "/v2/models/fast/versions/stable/infer", Request.body, fields: ["x-side: canary"])
            #expect(path.status == 400)
        }
    }

    @Test func `metrics have the weights of a rollout, and what became of each variant's requests`() async throws {
        try await serving(Self.plan(canary: 10_000)) { _, session in
            for _ in 0..<3 { _ = try await session.ask("POST", "/v2/models/fast/infer", Request.body) }
            let page = try await session.ask("GET", "/metrics", "").text
            for (variant, version, weight, count) in [("stable", 3, "0.0", 0), ("canary", 4, "1.0", 3)] {
                let labels =
                    #"{space="default",endpoint="fast",version="\#(version)",rollout="1",variant="\#(variant)"}"#
                #expect(page.contains("slipway_variant_weight\(labels) \(weight)\n"))
                #expect(page.contains("slipway_variant_requests_total\(labels) \(count)\n"))
                #expect(page.contains("slipway_variant_errors_total\(labels) 0\n"))
                #expect(
                    page.contains(
                        #"nv_inference_request_success{model="fast",version="\#(version)",space="default"} \#(count)"#))
            }
            #expect(!page.contains("slipway_shadow"))
        }
    }

    @Test func `what describes the endpoint describes both versions`() async throws {
        try await serving(Self.plan()) { _, session in
            let metadata = try await session.ask("GET", "/v2/models/fast", "").object()
            #expect(metadata["versions"] as? [String] == ["3", "4"])
            let one = try await session.ask("GET", "/v2/models/fast/versions/canary", "").object()
            #expect(one["versions"] as? [String] == ["4"])
            let statistics = try await session.ask("GET", "/v2/models/fast/stats", "").object()
            let listed = statistics["model_stats"] as? [[String: Any]]
            #expect(listed?.compactMap { $0["version"] as? String } == ["3", "4"])
            let status = try await session.ask("GET", "/v1/models/fast", "").object()
            #expect((status["model_version_status"] as? [Any])?.count == 2)
        }
    }
}
