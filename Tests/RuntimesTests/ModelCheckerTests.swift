import Foundation
import Runtimes
import Tensors
import Testing

/// First contact, in a real child process: the slipway binary that lies beside the tests, or that SLIPWAY_BINARY names.
@Suite(.enabled(if: TestMachine.slipway != nil, "there is no slipway binary beside the tests"))
struct ModelCheckerTests {
    private func checker() throws -> ModelChecker {
        let binary = try #require(TestMachine.slipway)
        let library = try TestMachine.runtime.library().path
        return ModelChecker(command: .init(path: binary, arguments: ["model-checker"]), library: library)
    }

    private func check(_ model: Message, limits: ModelChecker.Limits = .init()) async throws -> ModelDescription {
        let folder = try TestFolder()
        return try await checker().check(folder.artifact(model.bytes), limits: limits)
    }

    @Test func `a good model passes, with its description and trial run`() async throws {
        let description = try await check(TestModels.addSub)
        #expect(description.signature.inputs.map(\.name) == ["a", "b"])
        #expect(description.customMetadata == ["owner": "us"])
        #expect(description.trialRun?.succeeded == true)
    }

    @Test func `a model whose trip count is an input passes`() async throws {
        let description = try await check(TestModels.loop(byInput: true))
        #expect(description.hasControlFlow)
        #expect(description.trialRun?.succeeded == true)
    }

    @Test func `a trial run that fails is a finding, not a refusal`() async throws {
        // Zeros are no valid permutation of what Gather may take from an empty axis.
        let model = ONNX.model(
            ONNX.graph(
                "g", nodes: [ONNX.node("Gather", ["x", "i"], ["y"])],
                inputs: [ONNX.value("x", ONNX.float, [0]), ONNX.value("i", ONNX.int64, [1])],
                outputs: [ONNX.value("y", ONNX.float, [1])]))
        let description = try await check(model)
        #expect(description.trialRun?.succeeded == false)
        #expect(description.trialRun?.message.isEmpty == false)
    }

    @Test func `a model that never ends is refused`() async throws {
        let error = await #expect(throws: ModelLoadError.self) {
            try await check(TestModels.loop(byInput: false), limits: .init(trialSeconds: 1))
        }
        #expect(error?.reason == .timedOut)
        #expect(error?.message.contains("did not finish a trial run within 1 s") == true)
    }

    @Test func `a model that wants 2^60 floats is refused`() async throws {
        let error = await #expect(throws: ModelLoadError.self) { try await check(TestModels.giant) }
        #expect(error?.reason == .outOfMemory)
    }

    @Test func `memory beyond the limit is refused`() async throws {
        // 2^28 floats are one GiB: less than any machine has, more than this model may use.
        var model = TestModels.giant.bytes
        let sizes: [UInt8] = [0, 0, 0, 0x40, 0, 0, 0, 0, 0, 0, 0, 0x40, 0, 0, 0, 0]
        let start = try #require(model.firstRange(of: sizes)?.lowerBound)
        model.replaceSubrange(start..<(start + 16), with: [0, 0, 0, 0x10, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0])
        let folder = try TestFolder()
        let artifact = try folder.artifact(model)
        let error = await #expect(throws: ModelLoadError.self) {
            try await checker().check(artifact, limits: .init(memoryBytes: 1 << 30))
        }
        #expect(error?.reason == .outOfMemory)
        // Time is not what is asked here, and a gigabyte may take a while on a busy machine.
        let patient = ModelChecker.Limits(loadSeconds: 120, trialSeconds: 120)
        #expect(try await checker().check(artifact, limits: patient).trialRun?.succeeded == true)
    }

    @Test func `a pickle is refused by name`() async throws {
        let folder = try TestFolder()
        let artifact = try folder.artifact([0x80, 0x04, 0x95, 0, 0, 0, 0, 0, 0, 0, 0, 0x2e], named: "model.pkl")
        let error = await #expect(throws: ModelLoadError.self) { try await checker().check(artifact) }
        #expect(error?.reason == .invalidModel)
        #expect(error?.message.contains("Python pickle") == true)
    }

    @Test func `a checker ends when its parent is gone`() async throws {
        let folder = try TestFolder()
        try folder.write(TestModels.loop(byInput: false).bytes, to: "model.onnx")
        let process = Process()
        let lifeline = Pipe()
        process.executableURL = URL(fileURLWithPath: try #require(TestMachine.slipway))
        process.arguments = [
            "model-checker", folder.path, "model.onnx", "--trial-seconds", "100", "--library",
            try TestMachine.runtime.library().path,
        ]
        process.standardInput = lifeline
        process.standardOutput = Pipe()
        process.standardError = Pipe()
        try process.run()
        try lifeline.fileHandleForWriting.close()
        process.waitUntilExit()
        #expect(process.terminationStatus == ModelCheckerProcess.ExitCode.parentGone)
    }

    @Test func `cancelling the check kills the child`() async throws {
        let folder = try TestFolder()
        let artifact = try folder.artifact(TestModels.loop(byInput: false).bytes)
        let checker = try checker()
        let task = Task { try await checker.check(artifact, limits: .init(trialSeconds: 100)) }
        task.cancel()
        await #expect(throws: ModelLoadError.self) { try await task.value }
    }
}

/// How a child's end is told to people, with shells that end in every way.
@Suite struct CheckerEndingTests {
    private func end(_ script: String, _ limits: ModelChecker.Limits = .init()) async throws -> ModelLoadError? {
        let folder = try TestFolder()
        let artifact = try folder.artifact([1])
        let checker = ModelChecker(command: .init(path: "/bin/sh", arguments: ["-c", script]))
        return await #expect(throws: ModelLoadError.self) { try await checker.check(artifact, limits: limits) }
    }

    @Test func `a crash is told as a crash`() async throws {
        let error = try await end("echo 'the last words' >&2; kill -SEGV $$")
        #expect(error?.reason == .crashed)
        #expect(error?.message.contains("segmentation fault") == true)
        #expect(error?.message.hasSuffix("the last words") == true)
    }

    @Test func `an abort for want of memory is told as that`() async throws {
        let error = try await end("echo \"terminate called after throwing 'std::bad_alloc'\" >&2; kill -ABRT $$")
        #expect(error?.reason == .outOfMemory)
    }

    @Test func `a kill by the system is told as want of memory`() async throws {
        #expect(try await end("kill -KILL $$")?.reason == .outOfMemory)
    }

    @Test func `an end without a result is a crash`() async throws {
        #expect(try await end("exit 3")?.reason == .crashed)
        #expect(try await end("echo '{}'")?.reason == .crashed)
        #expect(try await end("echo 'no JSON at all'")?.reason == .crashed)
    }

    @Test func `a child that overstays all limits is killed, with its children`() async throws {
        let error = try await end("sleep 1000 & sleep 1000", .init(loadSeconds: 1, trialSeconds: 1))
        #expect(error?.reason == .timedOut)
    }

    @Test func `output without end is cut off`() async throws {
        #expect(try await end("yes")?.reason == .crashed)
    }

    @Test func `a program that is not there is our fault and not the model's`() async throws {
        let folder = try TestFolder()
        let artifact = try folder.artifact([1])
        let checker = ModelChecker(command: .init(path: "\(folder.path)/none", arguments: []))
        let error = await #expect(throws: ModelLoadError.self) { try await checker.check(artifact) }
        #expect(error?.reason == .runtimeMissing)
    }

    @Test func `nothing of ours is open in a child but its three descriptors`() async throws {
        let error = try await end("ls /proc/self/fd >&2; ls /proc/self/fd | tr '\\n' ' ' >&2; exit 3")
        // The fourth is that of `ls` reading the folder.
        #expect(error?.message.contains("0 1 2 3") == true, "\(error?.message ?? "")")
        #expect(error?.message.contains(" 4") == false)
    }
}

/// Golden inputs in the checker: `addSub` gives a + b and a - b.
@Suite(.enabled(if: TestMachine.slipway != nil, "there is no slipway binary beside the tests"))
struct GoldenCheckTests {
    private func check(_ golden: String, _ model: Message = TestModels.addSub) async throws -> ModelDescription {
        let folder = try TestFolder()
        let artifact = try folder.artifact(model.bytes)
        try folder.write(Array(golden.utf8), to: "golden.json")
        let library = try TestMachine.runtime.library().path
        let checker = ModelChecker(
            command: .init(path: try #require(TestMachine.slipway), arguments: ["model-checker"]), library: library)
        return try await checker.check(artifact, limits: .init(trialSeconds: 2))
    }

    private static func golden(_ sum: String) -> String {
        """
        [{"inputs": [{"name": "a", "shape": [1, 2], "datatype": "FP32", "data": [1, 2]}],
          "expected": [{"name": "sum", "data": [[11, \(sum)]]}]}]
        """
    }

    @Test func `golden inputs that are answered as expected are counted`() async throws {
        #expect(try await check(Self.golden("12.001")).goldenRequests == 1)
    }

    @Test func `an answer that is not the expected one refuses the model`() async throws {
        let error = await #expect(throws: ModelLoadError.self) { try await check(Self.golden("13")) }
        #expect(error?.reason == .goldenFailed)
        #expect(error?.message == "golden[0]: output 'sum': value 1 is 12.0, expected 13.0")
    }

    @Test func `golden inputs of another model are refused with their place`() async throws {
        let other = #"[{"inputs": [{"name": "a", "shape": [1, 3], "datatype": "FP32", "data": [1, 2, 3]}]}]"#
        let error = await #expect(throws: ModelLoadError.self) { try await check(other) }
        #expect(error?.reason == .goldenFailed)
        #expect(error?.message.contains("golden[0].inputs[0].shape") == true, "\(error?.message ?? "")")
    }

    @Test func `golden inputs on which the model fails are refused`() async throws {
        // The zeros of the trial run suit this model; a shape with a negative size does not.
        let bad = #"{"inputs": [{"name": "shape", "shape": [1], "datatype": "INT64", "data": [-5]}]}"#
        let error = await #expect(throws: ModelLoadError.self) { try await check(bad, TestModels.zeros) }
        #expect(error?.reason == .goldenFailed)
        #expect(error?.message.contains("golden[0]: the model fails on it") == true, "\(error?.message ?? "")")
    }

    @Test func `golden inputs without end are refused`() async throws {
        let forever = """
            {"inputs": [{"name": "trips", "shape": [], "datatype": "INT64", "data": [9223372036854775807]},
                        {"name": "x", "shape": [1], "datatype": "FP32", "data": [1]}]}
            """
        let error = await #expect(throws: ModelLoadError.self) {
            try await check(forever, TestModels.loop(byInput: true))
        }
        #expect(error?.reason == .timedOut)
        #expect(error?.message.contains("golden inputs within 2 s") == true, "\(error?.message ?? "")")
    }
}
