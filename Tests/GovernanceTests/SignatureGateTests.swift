import Registry
import Tensors
import Testing

@testable import Governance

@Suite struct SignatureGateTests {
    private static func spec(
        _ name: String, _ type: ElementType = .fp32, _ shape: [Dimension] = [.symbolic("batch"), .fixed(4)],
        optional: Bool = false
    ) -> TensorSpec {
        TensorSpec(name: name, elementType: type, shape: shape, isOptional: optional)
    }

    private static let label = spec("label", .int64, [.symbolic("batch")])

    private static func report(
        inputs: [TensorSpec], to newInputs: [TensorSpec], outputs: [TensorSpec] = [label],
        to newOutputs: [TensorSpec] = [label]
    ) async -> GateReport {
        let subject = GateSubject(
            promotion: 1, candidate: .sample(2, signature: Signature(inputs: newInputs, outputs: newOutputs)),
            champion: .sample(1, signature: Signature(inputs: inputs, outputs: outputs)), source: "test",
            target: "prod")
        return await SignatureGate(name: "signature").run(on: subject) { _ in }
    }

    static let inputCases: [([TensorSpec], [TensorSpec], Bool, String?)] = [
        ([spec("x")], [spec("x")], true, nil),
        ([spec("x")], [spec("x", .fp32, [.unknown, .fixed(4)])], true, nil),
        ([spec("x")], [spec("x", .fp32, [.symbolic("n"), .fixed(4)])], true, nil),
        (
            [spec("x")], [spec("x", .fp32, [.symbolic("batch"), .symbolic("width")])], true,
            "which takes more than today"
        ),
        ([spec("x")], [spec("x", .fp32, [.symbolic("batch"), .fixed(5)])], false, "dimension 2 is 4 today"),
        ([spec("x")], [spec("x", .fp32, [.fixed(1), .fixed(4)])], false, "dimension 1 is of any size today"),
        ([spec("x")], [spec("x", .fp32, [.symbolic("batch")])], false, "another number of dimensions"),
        ([spec("x")], [spec("x", .fp64)], false, "what is sent as FP32 is refused"),
        ([spec("x")], [spec("y")], false, "requests that send it are refused"),
        ([spec("x")], [spec("x"), spec("y")], false, "must be sent: callers of today do not"),
        ([spec("x")], [spec("x"), spec("y", optional: true)], true, "may be left out"),
        ([spec("x"), spec("y")], [spec("y"), spec("x")], true, nil),
        ([spec("x"), spec("y")], [spec("x")], false, "is gone"),
        ([spec("x", optional: true)], [spec("x")], false, "must be sent, and may be left out today"),
        ([spec("x")], [spec("x", optional: true)], true, "may be left out"),
        (
            [spec("x", .fp32, [.symbolic("n")]), spec("y", .fp32, [.symbolic("m")])],
            [spec("x", .fp32, [.symbolic("n")]), spec("y", .fp32, [.symbolic("n")])], false,
            "must have one size in x, y, which may differ today"
        ),
        (
            [spec("x", .fp32, [.unknown]), spec("y", .fp32, [.unknown])],
            [spec("x", .fp32, [.symbolic("n")]), spec("y", .fp32, [.symbolic("n")])], false,
            "must have one size in x, y, which may differ today"
        ),
        (
            [spec("x", .fp32, [.symbolic("a")]), spec("y", .fp32, [.symbolic("a")])],
            [spec("x", .fp32, [.symbolic("b")]), spec("y", .fp32, [.symbolic("b")])], true, nil
        ),
        (
            [spec("x", .fp32, [.fixed(3)]), spec("y", .fp32, [.fixed(3)])],
            [spec("x", .fp32, [.symbolic("b")]), spec("y", .fp32, [.symbolic("b")])], true, "takes more than today"
        ),
    ]

    @Test(arguments: inputCases)
    func `what is sent today`(now: [TensorSpec], new: [TensorSpec], works: Bool, words: String?) async {
        let report = await Self.report(inputs: now, to: new)
        #expect(report.outcome == (works ? .passed : .failed), "\(report)")
        let notes = report.figures.compactMap(\.note).joined(separator: "\n")
        if let words { #expect(notes.contains(words), "\(notes)") } else { #expect(report.figures.isEmpty) }
    }

    static let outputCases: [([TensorSpec], [TensorSpec], Bool)] = [
        ([label], [label, spec("scores")], true), ([label, spec("scores")], [label], false),
        ([label], [spec("label", .int32, [.symbolic("batch")])], false),
        ([label], [spec("label", .int64, [.symbolic("batch"), .fixed(1)])], false),
        ([spec("s")], [spec("s", .fp32, [.symbolic("batch"), .fixed(3)])], false),
        ([spec("s")], [spec("s", .fp32, [.symbolic("batch"), .unknown])], true),
        ([spec("s", .fp32, [.unknown, .unknown])], [spec("s")], true),
    ]

    @Test(arguments: outputCases)
    func `what is read today`(now: [TensorSpec], new: [TensorSpec], works: Bool) async {
        let report = await Self.report(inputs: [Self.spec("x")], to: [Self.spec("x")], outputs: now, to: new)
        #expect(report.outcome == (works ? .passed : .failed), "\(report)")
    }

    @Test func `each difference is said in words, with what is there today`() async {
        let report = await Self.report(
            inputs: [Self.spec("x"), Self.spec("age")], to: [Self.spec("x", .fp64), Self.spec("y")])
        #expect(
            report.summary
                == "what callers send to churn:1 today, or read, no longer works: input x, input age, input y")
        #expect(report.figures.map(\.name) == ["input x", "input age", "input y"])
        #expect(report.figures.map(\.limit) == ["FP32[batch, 4]", "FP32[batch, 4]", "not there"])
        #expect(report.figures.first?.note == "becomes FP64[batch, 4]: what is sent as FP32 is refused")
    }

    @Test func `without a champion it passes and says why`() async {
        let subject = GateSubject(
            promotion: 1, candidate: .sample(), champion: nil, source: "test", target: "prod")
        let report = await SignatureGate(name: "signature").run(on: subject) { _ in }
        #expect(report.outcome == .passed)
        #expect(report.summary.contains("no version of churn is live in prod"))
    }

    @Test func `a second output changes how TensorFlow Serving's answers look`() async {
        let report = await Self.report(
            inputs: [Self.spec("x")], to: [Self.spec("x")], outputs: [Self.label], to: [Self.label, Self.spec("s")])
        #expect(report.outcome == .passed)
        #expect(report.notes.first?.contains("TensorFlow") == true)
    }
}
