import Foundation
import Runtimes
import Synchronization
import Tensors
import Testing

/// What every runtime promises, whatever it executes. A new runtime adds itself to `RuntimeUnderTest` and passes.
///
/// 1. The description names inputs and outputs in the model's order, with their types and shapes.
/// 2. Every element type goes in and comes out with the same bits.
/// 3. Outputs come in the order asked for, named as the signature names them; those not asked for do not come.
/// 4. An optional input that is left out has the model's own value.
/// 5. Any number of threads may run one instance at once.
/// 6. Outputs stay as they are when inputs, instance and other outputs are gone.
/// 7. Inputs that do not fit are the caller's fault, and the instance works on.
/// 8. A run can be asked to stop from another thread; one that was stopped before it began does not begin.
/// 9. Scalars and tensors without elements are tensors like others.
/// 10. Input memory need not be aligned.
@Suite struct RuntimeContractTests {
    /// A runtime, and models in its format that do what the promises need.
    enum RuntimeUnderTest: CaseIterable, Sendable {
        case onnx
        /// The same in a process of its own.
        case worker

        static var allCases: [RuntimeUnderTest] { TestMachine.slipway == nil ? [.onnx] : [.onnx, .worker] }

        func identity(_ type: ElementType) throws -> any ModelInstance {
            try load(TestModels.identity(Int(Self.number(type))))
        }
        func addSub() throws -> any ModelInstance { try load(TestModels.addSub) }
        func through() throws -> any ModelInstance { try load(TestModels.through) }
        func endless() throws -> any ModelInstance { try load(TestModels.loop(byInput: false)) }
        func scalar() throws -> any ModelInstance { try load(TestModels.identity(ONNX.float, [])) }

        private func load(_ model: Message) throws -> any ModelInstance {
            switch self {
            case .onnx: try TestMachine.load(model)
            case .worker: try TestMachine.loadInWorker(model, TestFolder())
            }
        }

        private static func number(_ type: ElementType) -> Int {
            switch type {
            case .fp32: 1
            case .uint8: 2
            case .int8: 3
            case .uint16: 4
            case .int16: 5
            case .int32: 6
            case .int64: 7
            case .bytes: 8
            case .bool: 9
            case .fp16: 10
            case .fp64: 11
            case .uint32: 12
            case .uint64: 13
            case .bf16: 16
            }
        }
    }

    @Test(arguments: RuntimeUnderTest.allCases)
    func `1 the description names inputs and outputs in order`(_ runtime: RuntimeUnderTest) throws {
        let description = try runtime.addSub().description
        #expect(
            description.signature
                == Signature(
                    inputs: [
                        TensorSpec(name: "a", elementType: .fp32, shape: [.symbolic("n"), .fixed(2)]),
                        TensorSpec(name: "b", elementType: .fp32, shape: [.fixed(2)], isOptional: true),
                    ],
                    outputs: [
                        TensorSpec(name: "sum", elementType: .fp32, shape: [.symbolic("n"), .fixed(2)]),
                        TensorSpec(name: "difference", elementType: .fp32, shape: [.symbolic("n"), .fixed(2)]),
                    ]))
    }

    @Test(arguments: RuntimeUnderTest.allCases, ElementType.allCases)
    func `2 every element type keeps its bits`(_ runtime: RuntimeUnderTest, _ type: ElementType) throws {
        let instance = try runtime.identity(type)
        let input: Tensor
        if let width = type.byteWidth {
            // Every bit pattern of a byte somewhere; booleans have only two.
            let bytes = (0..<(64 * width)).map { UInt8(truncatingIfNeeded: type == .bool ? $0 & 1 : $0 &* 37) }
            input = try Tensor("x", type, [64], bytes)
        } else {
            input = try Tensor(
                "x", [5],
                texts: [[], Array("slip\0way".utf8), [0], [0xff, 0xfe], [UInt8](repeating: 65, count: 70_000)])
        }
        let output = try #require(try instance.run([input], outputs: [0], handle: nil).first)
        #expect(output.name == "y")
        #expect(output.elementType == type)
        #expect(output.shape == input.shape)
        #expect(output.storage.bytes.elementsEqual(input.storage.bytes))
    }

    @Test(arguments: RuntimeUnderTest.allCases)
    func `3 outputs come in the order asked for`(_ runtime: RuntimeUnderTest) throws {
        let instance = try runtime.addSub()
        let a = try Tensor("a", .fp32, [1, 2], [5, 7] as [Float])
        let b = try Tensor("b", .fp32, [2], [1, 2] as [Float])
        let both = try instance.run([a, b], outputs: [1, 0], handle: nil)
        #expect(both.map(\.name) == ["difference", "sum"])
        #expect(both.map { $0.elements(of: Float.self) } == [[4, 5], [6, 9]])
        let one = try instance.run([a, b], outputs: [1], handle: nil)
        #expect(one.map(\.name) == ["difference"])
        #expect(throws: RunError.self) { try instance.run([a, b], outputs: [0, 0], handle: nil) }
        #expect(throws: RunError.self) { try instance.run([a, b], outputs: [2], handle: nil) }
        #expect(throws: RunError.self) { try instance.run([a, b], outputs: [], handle: nil) }
    }

    @Test(arguments: RuntimeUnderTest.allCases)
    func `4 an optional input has the model's own value`(_ runtime: RuntimeUnderTest) throws {
        let instance = try runtime.addSub()
        let a = try Tensor("a", .fp32, [2, 2], [1, 2, 3, 4] as [Float])
        let outputs = try instance.run([a], outputs: [0, 1], handle: nil)
        #expect(outputs.map { $0.elements(of: Float.self) } == [[11, 12, 13, 14], [-9, -8, -7, -6]])
    }

    @Test(arguments: RuntimeUnderTest.allCases)
    func `5 many threads run one instance`(_ runtime: RuntimeUnderTest) throws {
        let instance = try runtime.addSub()
        let wrong = Atomic(0)
        DispatchQueue.concurrentPerform(iterations: 8) { worker in
            for round in 0..<200 {
                let value = Float(worker * 1000 + round)
                guard let a = try? Tensor("a", .fp32, [1, 2], [value, -value]),
                    let outputs = try? instance.run([a], outputs: [0, 1], handle: round % 2 == 0 ? nil : RunHandle()),
                    outputs[0].elements(of: Float.self) == [value + 10, 10 - value],
                    outputs[1].elements(of: Float.self) == [value - 10, -value - 10]
                else {
                    wrong.add(1, ordering: .relaxed)
                    continue
                }
            }
        }
        #expect(wrong.load(ordering: .relaxed) == 0)
    }

    @Test(arguments: RuntimeUnderTest.allCases)
    func `6 outputs outlive everything else`(_ runtime: RuntimeUnderTest) throws {
        func lastOutputs() throws -> [Tensor] {
            let instance = try runtime.through()
            let x = try Tensor("x", .fp32, [100_000], [Float](repeating: 3, count: 100_000))
            return try instance.run([x], outputs: [0, 1], handle: nil)
        }
        var outputs = try lastOutputs()
        let through = outputs.removeFirst()
        outputs = []
        // Memory that was freed would be taken again by these.
        let others = try (0..<20).map { _ in try Tensor("x", .fp32, [100_000], [Float](repeating: 9, count: 100_000)) }
        #expect(others.count == 20)
        #expect(through.elements(of: Float.self).allSatisfy { $0 == 3 })
    }

    @Test(arguments: RuntimeUnderTest.allCases)
    func `7 inputs that do not fit are the caller's fault`(_ runtime: RuntimeUnderTest) throws {
        let instance = try runtime.addSub()
        let good = try Tensor("a", .fp32, [1, 2], [1, 2] as [Float])
        let misfits: [[Tensor]] = [
            [],
            [try Tensor("a", .fp32, [1, 3], [1, 2, 3] as [Float])],
            [try Tensor("a", .fp32, [2], [1, 2] as [Float])],
            [try Tensor("a", .int64, [1, 2], [1, 2] as [Int64])],
            [try Tensor("a", [1, 2], texts: [[1], [2]])],
            [try Tensor("b", .fp32, [2], [1, 2] as [Float])],
            [good, try Tensor("unknown", .fp32, [2], [1, 2] as [Float])],
            [good, good],
            [try Tensor("b", .fp32, [2], [1, 2] as [Float]), good],
        ]
        for inputs in misfits {
            do {
                _ = try instance.run(inputs, outputs: [0], handle: nil)
                Issue.record("\(inputs.map(\.name)) was accepted")
            } catch {
                guard case .invalidInput(let message) = error else {
                    Issue.record("\(inputs.map(\.name)): \(error)")
                    continue
                }
                #expect(!message.isEmpty)
            }
        }
        #expect(try instance.run([good], outputs: [0], handle: nil).count == 1)
    }

    @Test(arguments: RuntimeUnderTest.allCases)
    func `8 an endless run ends when another thread says so`(_ runtime: RuntimeUnderTest) async throws {
        let instance = try runtime.endless()
        let x = try Tensor("x", .fp32, [1], [1] as [Float])
        let handle = RunHandle()
        let began = DispatchSemaphore(value: 0)
        let error = await withCheckedContinuation { (continuation: CheckedContinuation<RunError?, Never>) in
            Thread.detachNewThread {
                began.signal()
                do throws(RunError) {
                    _ = try instance.run([x], outputs: [0], handle: handle)
                    continuation.resume(returning: nil)
                } catch {
                    continuation.resume(returning: error)
                }
            }
            Thread.detachNewThread {
                began.wait()
                handle.terminate()
            }
        }
        #expect(error == .terminated)
        #expect(throws: RunError.terminated) { try instance.run([x], outputs: [0], handle: handle) }
    }

    @Test(arguments: RuntimeUnderTest.allCases)
    func `9 scalars and empty tensors are tensors`(_ runtime: RuntimeUnderTest) throws {
        let scalar = try runtime.scalar().run([Tensor("x", .fp32, [], [7] as [Float])], outputs: [0], handle: nil)
        #expect(scalar.first?.shape == .scalar)
        #expect(scalar.first?.elements(of: Float.self) == [7])
        for type in [ElementType.fp32, .int64, .bool] {
            let empty = try Tensor("x", type, [0], [] as [UInt8])
            let output = try #require(try runtime.identity(type).run([empty], outputs: [0], handle: nil).first)
            #expect(output.shape.dimensions == [0])
            #expect(output.storage.byteCount == 0)
        }
        let texts = try runtime.identity(.bytes).run([Tensor("x", [0], texts: [])], outputs: [0], handle: nil)
        #expect(texts.first?.shape.dimensions == [0])
    }

    @Test(arguments: RuntimeUnderTest.allCases, [ElementType.fp32, .fp64, .int64, .fp16, .bytes, .bool])
    func `10 input memory need not be aligned`(_ runtime: RuntimeUnderTest, _ type: ElementType) throws {
        let instance = try runtime.identity(type)
        let bytes: [UInt8] = type == .bytes ? [3, 0, 0, 0, 1, 2, 3, 0, 0, 0, 0] : (0..<16).map { $0 & 1 }
        let count = type.byteWidth.map { bytes.count / $0 } ?? 2
        let memory = TensorStorage(byteCount: bytes.count + 1)
        for (index, byte) in bytes.enumerated() { memory.mutableBytes[index + 1] = byte }
        let storage = TensorStorage(borrowing: memory.base + 1, byteCount: bytes.count, owner: memory)
        let input = try Tensor(name: "x", elementType: type, shape: Shape([count]), storage: storage)
        let output = try #require(try instance.run([input], outputs: [0], handle: nil).first)
        #expect(output.storage.bytes.elementsEqual(bytes))
    }
}
