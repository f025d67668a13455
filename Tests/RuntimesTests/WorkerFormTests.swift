import Foundation
import Tensors
import Testing

@testable import Runtimes

/// What server and worker write to each other.
@Suite struct WorkerFormTests {
    private static let signature = Signature(
        inputs: [
            TensorSpec(name: "a", elementType: .fp32, shape: [.symbolic("n"), .fixed(2)]),
            TensorSpec(name: "t", elementType: .bytes, shape: [.symbolic("n")]),
            TensorSpec(name: "b", elementType: .int64, shape: [], isOptional: true),
        ],
        outputs: [
            TensorSpec(name: "y", elementType: .fp64, shape: [.symbolic("n")]),
            TensorSpec(name: "s", elementType: .bytes, shape: [.symbolic("n")]),
            TensorSpec(name: "l", elementType: .fp32, shape: [.symbolic("n")]),
        ])

    private func memory(_ byteCount: Int) throws -> SharedMemory {
        let (memory, descriptor) = try #require(SharedMemory.make(byteCount: byteCount))
        close(descriptor)
        return memory
    }

    @Test func `a call is read as it was written`() throws {
        let a = try Tensor("a", .fp32, [3, 2], [1, 2, 3, 4, 5, 6] as [Float])
        let b = try Tensor("b", .int64, [], [-7] as [Int64])
        let t = try Tensor("t", [2], texts: [Array("slipway".utf8), []])
        for inputs in [[a], [a, t], [a, b], [a, t, b], [], [b]] {
            let form = try #require(CallForm(inputs, outputs: [2, 0], signature: Self.signature))
            let area = try memory(form.byteCount)
            form.write(to: area)
            let call = try CallForm.read(from: area, signature: Self.signature)
            #expect(call.outputs == [2, 0])
            #expect(call.answerOffset == form.answerOffset)
            #expect(call.inputs.map(\.name) == inputs.map(\.name))
            for (read, written) in zip(call.inputs, inputs) {
                #expect(read.shape == written.shape)
                #expect(read.storage.bytes.elementsEqual(written.storage.bytes))
            }
        }
    }

    @Test func `inputs of another name, order or type make no call`() throws {
        let a = try Tensor("a", .fp32, [1, 2], [1, 2] as [Float])
        let b = try Tensor("b", .int64, [], [1] as [Int64])
        let misfits = [
            [b, a], [a, a], [try Tensor("c", .fp32, [1], [1] as [Float])],
            [try Tensor("a", .int64, [1], [1] as [Int64])],
        ]
        for inputs in misfits { #expect(CallForm(inputs, outputs: [0], signature: Self.signature) == nil) }
    }

    private func outputs(_ count: Int) throws -> [Tensor] {
        [
            try Tensor("l", .fp32, [count], [Float](repeating: 2.5, count: count)),
            try Tensor("s", [2], texts: [[0], Array("way".utf8)]),
        ]
    }

    @Test(arguments: [1, 100_000])
    func `an answer is read as it was written`(_ count: Int) throws {
        let written = try outputs(count)
        let area = try memory(1 << 20)
        #expect(AnswerForm.write(RunAnswer(outputs: written, nanoseconds: 9), to: area, at: 128))
        let content = try AnswerForm.read(
            from: area, at: 128, outputs: [2, 1], signature: Self.signature, owner: area)
        guard case .answered(let tensors, 9) = content else { throw WorkerFault("\(content)") }
        #expect(tensors.map(\.name) == ["l", "s"])
        for (read, written) in zip(tensors, written) {
            #expect(read.shape == written.shape)
            #expect(read.storage.bytes.elementsEqual(written.storage.bytes))
        }
    }

    @Test func `outputs that do not fit say how much room they need, and fit there`() throws {
        let answer = RunAnswer(outputs: try outputs(50_000), nanoseconds: 1)
        let area = try memory(4096)
        #expect(!AnswerForm.write(answer, to: area, at: 64))
        let content = try AnswerForm.read(from: area, at: 64, outputs: [2, 1], signature: Self.signature, owner: area)
        guard case .noRoom(let bytes) = content else { throw WorkerFault("\(content)") }
        let larger = try memory(bytes)
        #expect(AnswerForm.write(answer, to: larger, at: 0))
        guard
            case .answered = try AnswerForm.read(
                from: larger, at: 0, outputs: [2, 1], signature: Self.signature, owner: larger)
        else { throw WorkerFault("no answer") }
    }

    @Test func `a refusal keeps its words`() throws {
        let area = try memory(4096)
        AnswerForm.write(.invalidInput, "too long", to: area, at: 4096 - 1024)
        let content = try AnswerForm.read(
            from: area, at: 4096 - 1024, outputs: [0], signature: Self.signature, owner: area)
        guard case .refused(.invalidInput, message: "too long") = content else { throw WorkerFault("\(content)") }
    }

    /// Whatever a worker leaves in the memory, the server reads tensors inside it or a fault, and never traps.
    @Test func `scribbled answers are faults or tensors inside the area`() throws {
        var random = SeededRandom(seed: 3)
        let area = try memory(4096)
        let good = [UInt64](repeating: 0, count: 32)
        let words: [UInt64] = [0, 1, 6, 64, 4095, 4096, 1 << 31, 1 << 32, 1 << 62, 1 << 63, .max, .max - 63]
        for round in 0..<20_000 {
            var bytes = good
            bytes.withUnsafeMutableBytes { head in
                head.storeBytes(of: UInt32(round % 8), toByteOffset: 0, as: UInt32.self)
                head.storeBytes(of: 1, toByteOffset: 4, as: UInt32.self)
                head.storeBytes(of: words.randomElement(using: &random) ?? 0, toByteOffset: 16, as: UInt64.self)
                head.storeBytes(of: UInt32.random(in: 0...4, using: &random), toByteOffset: 24, as: UInt32.self)
                for offset in stride(from: 28, to: 68, by: 8) {
                    head.storeBytes(of: words.randomElement(using: &random) ?? 0, toByteOffset: offset, as: UInt64.self)
                }
                if let base = head.baseAddress { area.base.copyMemory(from: base, byteCount: head.count) }
            }
            guard
                case .answered(let tensors, _)? = try? AnswerForm.read(
                    from: area, at: 0, outputs: [round % 3], signature: Self.signature, owner: area)
            else { continue }
            for tensor in tensors {
                #expect(tensor.storage.byteCount <= area.byteCount)
                if let width = tensor.elementType.byteWidth {
                    #expect(tensor.shape.elementCount * width == tensor.storage.byteCount)
                }
            }
        }
    }

    @Test func `shared memory cannot be cut short`() throws {
        let (memory, descriptor) = try #require(SharedMemory.make(byteCount: 8192))
        defer { close(descriptor) }
        #expect(ftruncate(descriptor, 4096) == -1)
        #expect(errno == EPERM)
        #expect(ftruncate(descriptor, 16384) == -1)
        #expect(memory.byteCount == 8192)
    }

    @Test func `settings are read as they were written`() {
        var settings = WorkerSettings(directory: "/a b", modelFile: "m.onnx")
        settings.intraOpThreads = 3
        settings.slots = 7
        settings.memoryBytes = 1 << 40
        settings.library = "/lib/x.so"
        #expect(WorkerSettings(arguments: settings.arguments) == settings)
        #expect(WorkerSettings(arguments: ["/a", "m", "--slots", "0"]) == nil)
        #expect(WorkerSettings(arguments: ["/a", "m", "--shots", "1"]) == nil)
        #expect(WorkerSettings(arguments: ["/a"]) == nil)
    }
}

/// The same numbers on every run: a failure can be looked at again. SplitMix64 (Steele, Lea, Flood 2014).
private struct SeededRandom: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var word = state
        word = (word ^ (word >> 30)) &* 0xbf58_476d_1ce4_e5b9
        word = (word ^ (word >> 27)) &* 0x94d0_49bb_1331_11eb
        return word ^ (word >> 31)
    }
}
