import Foundation
import NIOCore
import Testing

@testable import SlipwayClient

struct TensorTests {
    /// The bytes as the binary tensor extension has them.
    private func bytes<Element: TensorElement>(_ values: [Element]) -> [UInt8] {
        Array(InferTensor("x", shape: [values.count], values).bytes.readableBytesView)
    }

    @Test func `every Swift type is written as its wire type, little-endian`() {
        #expect(bytes([true, false]) == [1, 0])
        #expect(bytes([-1, 2] as [Int8]) == [255, 2])
        #expect(bytes([-2] as [Int16]) == [0xFE, 0xFF])
        #expect(bytes([1] as [Int32]) == [1, 0, 0, 0])
        #expect(bytes([0x0102] as [Int]) == [2, 1, 0, 0, 0, 0, 0, 0])
        #expect(bytes([1.5] as [Float]) == [0, 0, 0xC0, 0x3F])
        #expect(bytes([1.5] as [Float16]) == [0, 0x3E])
        #expect(bytes(["ä", ""]) == [2, 0, 0, 0, 0xC3, 0xA4, 0, 0, 0, 0])
        #expect(bytes([[0xFF], []] as [[UInt8]]) == [1, 0, 0, 0, 0xFF, 0, 0, 0, 0])
        #expect(InferTensor("x", shape: [2], [1, 2]).datatype == "INT64")
        #expect(InferTensor("x", shape: [2], [1.5, 2]).datatype == "FP64")
        #expect(InferTensor("x", shape: [1], [1] as [UInt8]).datatype == "UINT8")
        #expect(InferTensor("x", shape: [1], [[1]] as [[UInt8]]).datatype == "BYTES")
    }

    @Test func `values come back in their own type and in every wider one`() throws {
        let small = InferTensor("x", shape: [2], [-3, 7] as [Int8])
        #expect(try small.values(as: Int8.self) == [-3, 7])
        #expect(try small.values(as: Int32.self) == [-3, 7])
        #expect(try small.values(as: Int.self) == [-3, 7])
        #expect(try InferTensor("x", shape: [1], [255] as [UInt8]).values(as: Int16.self) == [255])
        #expect(try InferTensor("x", shape: [1], [UInt64.max]).values(as: UInt.self) == [.max])
        let half = InferTensor("x", shape: [2], [0.5, -.infinity] as [Float16])
        #expect(try half.values(as: Float.self) == [0.5, -.infinity])
        #expect(try half.values(as: Double.self) == [0.5, -.infinity])
        #expect(try InferTensor("x", shape: [1], [true]).values(as: Bool.self) == [true])
        let text = InferTensor("x", shape: [1], ["ä"])
        #expect(try text.values(as: String.self) == ["ä"])
        #expect(try text.values(as: [UInt8].self) == [[0xC3, 0xA4]])
    }

    @Test func `values are not squeezed into a type that cannot hold them`() {
        let wide = InferTensor("x", shape: [1], [1.0])
        #expect(throws: ClientError.badInput("the tensor 'x' is of type FP64, which Float cannot hold")) {
            try wide.values(as: Float.self)
        }
        #expect(throws: ClientError.self) { try wide.values(as: Int.self) }
        #expect(throws: ClientError.self) { try InferTensor("x", shape: [1], [1] as [UInt64]).values(as: Int64.self) }
        #expect(throws: ClientError.self) { try InferTensor("x", shape: [1], [1] as [UInt8]).values(as: Int8.self) }
        #expect(throws: ClientError.self) { try InferTensor("x", shape: [1], [1]).values(as: Double.self) }
        #expect(throws: ClientError.badInput("element 1 of the tensor 'x' is not UTF-8 text; ask for [UInt8]")) {
            try InferTensor("x", shape: [2], [[65], [0xFF]] as [[UInt8]]).values(as: String.self)
        }
    }

    @Test func `a BOOL byte that is neither 0 nor 1 is read as true`() throws {
        let tensor = InferTensor(name: "x", type: .bool, shape: [3], bytes: .init(bytes: [0, 1, 2]))
        #expect(try tensor.values(as: Bool.self) == [false, true, true])
    }

    @Test(arguments: TensorType.allCases)
    func `every type goes there and back by kinds of values`(type: TensorType) throws {
        let values: InferTensor.Values =
            switch type {
            case .bool: .bools([true, false])
            case .uint64: .unsigned([1, .max])
            case .fp16, .bf16, .fp32: .floats([0.5, -2])
            case .fp64: .doubles([0.1, .infinity])
            case .bytes: .strings(["a", "ä"])
            default: .integers([0, 127])
            }
        let tensor = try InferTensor(name: "x", datatype: type.rawValue, shape: [2], values: values)
        #expect(tensor.type == type)
        #expect(tensor.values == values)
        let written = try JSONEncoder().encode(tensor.type == .fp64 ? InferTensor("x", shape: [1], [0.1]) : tensor)
        #expect(try JSONDecoder().decode(InferTensor.self, from: written).type == type)
    }

    @Test func `values out of a type's range or of another kind are refused`() {
        #expect(throws: ClientError.self) {
            try InferTensor(name: "x", datatype: "INT8", shape: [1], values: .integers([128]))
        }
        #expect(throws: ClientError.self) {
            try InferTensor(name: "x", datatype: "FP32", shape: [1], values: .doubles([1]))
        }
        #expect(throws: ClientError.self) {
            try InferTensor(name: "x", datatype: "FP8", shape: [], values: .floats([1]))
        }
    }

    @Test func `tensors are appended by rows when they fit`() {
        let one = InferTensor("x", shape: [1, 2], [1, 2] as [Float])
        let two = InferTensor("x", shape: [2, 2], [3, 4, 5, 6] as [Float])
        #expect(one.appending(two) == InferTensor("x", shape: [3, 2], [1, 2, 3, 4, 5, 6] as [Float]))
        #expect(one.appending(InferTensor("x", shape: [1, 3], [1, 2, 3] as [Float])) == nil)
        #expect(one.appending(InferTensor("x", shape: [1, 2], [1, 2] as [Double])) == nil)
    }
}
