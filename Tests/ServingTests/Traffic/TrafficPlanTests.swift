import Foundation
import InferenceProtocol
import Tensors
import Testing

@testable import Serving

@Suite struct TrafficPlanTests {
    @Test func `a plan travels as JSON`() throws {
        let plan = TrafficFixture.plan(
            [("canary", 100)], sticky: .header("user-id"),
            shadow: ShadowPlan(
                variant: "canary", share: 500,
                tolerances: ["y": ShadowPlan.Tolerance(relative: 0, absolute: 1)], segmentInput: "x"))
        let snapshot = ServingSnapshot(generation: 3, endpoints: [TrafficFixture.entry(plan)])
        let data = try JSONEncoder().encode(snapshot)
        #expect(try JSONDecoder().decode(ServingSnapshot.self, from: data) == snapshot)
    }

    @Test func `a plan that fits says nothing`() {
        #expect(TrafficFixture.plan([("canary", 100)], sticky: .input("x")).contradiction == nil)
    }

    @Test(arguments: [
        ("latest", "no variant may be named 'latest'"),
        ("2", "a variant cannot be named '2', which would be a version"),
        ("stable", "two targets are named 'stable'"),
    ])
    func `names that callers could not tell apart are refused`(_ name: String, _ why: String) {
        #expect(TrafficFixture.plan([(name, 100)]).contradiction == why)
    }

    @Test func `what cannot be routed is said in words`() {
        var plan = TrafficFixture.plan([("canary", 100)])
        plan.targets[0].weight = 1
        #expect(plan.contradiction == "the weights add up to 101, expected 10000")
        plan.targets = []
        #expect(plan.contradiction == "a traffic plan needs a target")
        #expect(
            TrafficFixture.plan([("canary", 1)], sticky: .input("age")).contradiction
                == "the model has no input 'age' that requests could be routed by")
        #expect(
            TrafficFixture.plan([("canary", 0)], shadow: ShadowPlan(variant: "stable", share: 1)).contradiction
                == "the shadow variant 'stable' is none of the targets behind the first")
        let tolerances = ["z": ShadowPlan.Tolerance.standard]
        #expect(
            TrafficFixture.plan(
                [("canary", 0)], shadow: ShadowPlan(variant: "canary", share: 1, tolerances: tolerances)
            )
            .contradiction == "the model has no output 'z' that a tolerance could be for")
    }

    @Test func `a version that cannot take the other's requests is refused, with what is in the way`() {
        func plan(_ inputs: [TensorSpec]) -> TrafficPlan {
            var plan = TrafficFixture.plan([("canary", 100)])
            let outputs = GateInstance.signature.outputs
            plan.targets[1].entry.description = ModelDescription(
                format: "gate", signature: Signature(inputs: inputs, outputs: outputs))
            return plan
        }
        #expect(
            plan([TensorSpec(name: "z", elementType: .fp32, shape: [.unknown])]).contradiction
                == "'canary' cannot take the requests of 'stable': it has the inputs 'z', and not 'x' in this order")
        #expect(
            plan([TensorSpec(name: "x", elementType: .fp64, shape: [.unknown])]).contradiction
                == "'canary' cannot take the requests of 'stable': its input 'x' is of type FP64, not FP32")
        #expect(
            plan([TensorSpec(name: "x", elementType: .fp32, shape: [.unknown, .fixed(4)])]).contradiction
                == "'canary' cannot take the requests of 'stable': its input 'x' has the shape [-1, 4], not [-1]")
    }

    @Test func `a plan that contradicts itself leaves the endpoint's own version answering`() async throws {
        let plane = TrafficFixture.plane(GateRuntime())
        var plan = TrafficFixture.plan([("canary", 100)])
        plan.targets[0].weight = 1
        let endpoint = try #require(await TrafficFixture.install(plane, 1, TrafficFixture.entry(plan)))
        #expect(endpoint.traffic == nil)
        #expect(try await TrafficFixture.answer(endpoint, TrafficFixture.request([1])).get().outputs.count == 1)
    }
}
