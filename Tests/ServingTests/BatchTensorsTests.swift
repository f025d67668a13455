import InferenceProtocol
import Tensors
import Testing

@testable import Serving

@Suite struct BatchTensorsTests {
    private func request(_ tensors: Tensor...) -> InferenceRequest {
        InferenceRequest(inputs: tensors, outputs: [RequestedOutput(index: 0)])
    }

    @Test func `rows of all requests come behind each other, input by input`() throws {
        let first = request(
            try Tensor("a", .fp32, [2, 2], [1, 2, 3, 4] as [Float]), try Tensor("b", .int64, [2], [7, 8] as [Int64]))
        let second = request(
            try Tensor("a", .fp32, [1, 2], [5, 6] as [Float]), try Tensor("b", .int64, [1], [9] as [Int64]))
        let inputs = try #require(BatchTensors.gather([first, second], rows: 3))
        #expect(inputs.map(\.shape.dimensions) == [[3, 2], [3]])
        #expect(inputs[0].elements(of: Float.self) == [1, 2, 3, 4, 5, 6])
        #expect(inputs[1].elements(of: Int64.self) == [7, 8, 9])
    }

    @Test func `each request gets its own rows back, without a copy`() throws {
        let output = try Tensor("y", .fp32, [3, 2], [1, 2, 3, 4, 5, 6] as [Float])
        let parts = try #require(BatchTensors.split([output], rows: [2, 1]))
        #expect(parts[0][0].elements(of: Float.self) == [1, 2, 3, 4])
        #expect(parts[1][0].elements(of: Float.self) == [5, 6])
        #expect(parts[1][0].shape.dimensions == [1, 2])
        #expect(parts[1][0].storage.base == output.storage.base + 16)
    }

    @Test func `texts of any length are put together and taken apart`() throws {
        let texts: [[UInt8]] = [Array("a".utf8), [], Array("ccc".utf8), Array("dd".utf8)]
        let first = request(try Tensor("x", [1, 2], texts: Array(texts[..<2])))
        let second = request(try Tensor("x", [1, 2], texts: Array(texts[2...])))
        let inputs = try #require(BatchTensors.gather([first, second], rows: 2))
        #expect(inputs[0].texts == texts)
        let parts = try #require(BatchTensors.split(inputs, rows: [1, 1]))
        #expect(parts.map { $0[0].texts } == [Array(texts[..<2]), Array(texts[2...])])
    }

    @Test(arguments: [[2, 3], [4, 3], [], [0]])
    func `an output without one row for each row that went in is not taken apart`(shape: [Int]) throws {
        let output = try Tensor("y", .fp32, shape, [Float](repeating: 0, count: shape.reduce(1, *)))
        #expect(BatchTensors.split([output], rows: [2, 1]) == nil)
    }

    @Test func `rows without elements are rows all the same`() throws {
        let inputs = try #require(
            BatchTensors.gather([request(try Tensor("x", .fp32, [2, 0], [Float]()))], rows: 2))
        let parts = try #require(BatchTensors.split(inputs, rows: [1, 1]))
        #expect(parts.map { $0[0].shape.dimensions } == [[1, 0], [1, 0]])
    }
}

@Suite struct ArrivalPatternTests {
    @Test func `requests that come one a turn never wait for its end`() {
        var pattern = ArrivalPattern()
        for _ in 0..<1000 {
            let (gathers, isFirst) = (pattern.gathers(), pattern.ranAlone())
            #expect(!gathers && isFirst)
            pattern.turnEnded()
        }
    }

    @Test func `a second request in one turn begins gathering, which ends after turns of one request each`() {
        var pattern = ArrivalPattern()
        let first = (gathers: pattern.gathers(), isFirst: pattern.ranAlone())
        #expect(!first.gathers && first.isFirst)
        let second = pattern.gathers()
        #expect(second)
        pattern.turnEnded()
        pattern.gathered(1)
        pattern.gathered(7)
        for _ in 0..<ArrivalPattern.patience {
            let gathers = pattern.gathers()
            #expect(gathers)
            pattern.gathered(1)
        }
        let last = pattern.gathers()
        #expect(!last)
    }
}
