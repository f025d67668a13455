import Testing

@testable import Tensors

@Suite struct ShapeTests {
    @Test(
        arguments: [
            ([], 1), ([0], 0), ([3], 3), ([2, 3, 4], 24), ([Int.max], Int.max), ([Int.max, 0], 0),
            ([0, Int.max, 5], 0),
            ([1 << 31, 1 << 31], 1 << 62),
        ] as [([Int], Int)])
    func `elements are counted`(dimensions: [Int], count: Int) throws {
        #expect(try Shape(dimensions).elementCount == count)
    }

    @Test(arguments: [[-1], [0, -1], [Int.min], [4, -2, 3]])
    func `a negative dimension is refused`(dimensions: [Int]) {
        #expect(throws: ShapeError.negativeDimension(dimensions)) { try Shape(dimensions) }
    }

    @Test(arguments: [[Int.max, 2], [1 << 32, 1 << 32], [3, Int.max]])
    func `more elements than can be counted are refused`(dimensions: [Int]) {
        #expect(throws: ShapeError.tooManyElements(dimensions)) { try Shape(dimensions) }
    }

    @Test func `bytes that overflow are no number`() throws {
        let shape = try Shape([1 << 61])
        #expect(shape.byteCount(of: .uint8) == 1 << 61)
        #expect(shape.byteCount(of: .fp32) == nil)
        #expect(shape.byteCount(of: .bytes) == nil)
        #expect(Shape.scalar.byteCount(of: .fp64) == 8)
        #expect(Shape.vector(-3).elementCount == 0)
    }

    @Test(arguments: ElementType.allCases)
    func `a tensor's memory must be what type and shape call for`(type: ElementType) throws {
        let shape = try Shape([2, 3])
        let needed = (type.byteWidth ?? 4) * 6
        for byteCount in [0, needed - 1, needed, needed + 1] {
            let storage = TensorStorage(byteCount: byteCount)
            _ = storage.mutableBytes.initializeMemory(as: UInt8.self, repeating: 0)
            let tensor = try? Tensor(name: "t", elementType: type, shape: shape, storage: storage)
            #expect((tensor != nil) == (byteCount == needed))
        }
    }

    @Test func `borrowed memory lives as long as the storage`() {
        final class Owner {
            let memory = UnsafeMutableRawPointer.allocate(byteCount: 4, alignment: 4)
            let onEnd: () -> Void
            init(onEnd: @escaping () -> Void) { self.onEnd = onEnd }
            deinit {
                memory.deallocate()
                onEnd()
            }
        }
        var ended = false
        var owner: Owner? = Owner { ended = true }
        var storage = owner.map { TensorStorage(borrowing: $0.memory, byteCount: 4, owner: $0) }
        owner = nil
        #expect(!ended)
        #expect(storage?.byteCount == 4)
        storage = nil
        #expect(ended)
    }

    @Test(arguments: [0, 1, 63, 64, 4095, 4096, 1 << 20])
    func `memory of its own is aligned for every element type`(byteCount: Int) {
        let storage = TensorStorage(byteCount: byteCount)
        #expect(Int(bitPattern: storage.base) % 16 == 0)
        #expect(storage.mutableBytes.count == byteCount)
    }
}
