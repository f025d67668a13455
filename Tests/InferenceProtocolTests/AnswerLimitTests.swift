import NIOCore
import Tensors
import Testing

@testable import InferenceProtocol

/// Answers that no buffer could hold are refused before a byte of them is written: a buffer that overflows ends the
/// process.
@Suite struct AnswerLimitTests {
    /// A tensor that claims to be large. Nothing of it may be read: there are 64 bytes.
    private static func claimed(_ type: ElementType, _ shape: [Int]) throws -> Tensor {
        let shape = try Shape(shape)
        let size = type == .bytes ? shape.elementCount : try #require(shape.byteCount(of: type))
        let small = TensorStorage(byteCount: 64)
        let storage = TensorStorage(borrowing: small.base, byteCount: size, owner: small)
        return Tensor(checkedName: "y", elementType: type, shape: shape, storage: storage)
    }

    private static func refusal(_ tensors: [Tensor], _ requested: [RequestedOutput], labels: [String]? = nil) -> String?
    {
        var buffer = ByteBuffer(string: "before")
        do throws(ProtocolError) {
            _ = try OIPResponseEncoder.encode(
                modelName: "m", modelVersion: "1", id: nil, outputs: tensors, requested: requested,
                labels: { _ in labels }, into: &buffer)
            return nil
        } catch {
            #expect(String(buffer: buffer) == "before")
            return error.message
        }
    }

    @Test(arguments: [
        (ElementType.fp32, 1 << 28), (.fp64, 1 << 27), (.int8, 1 << 30), (.bool, 1 << 40), (.bytes, 1 << 30),
    ])
    func `too many elements for JSON are refused`(type: ElementType, count: Int) throws {
        let message = try #require(Self.refusal([Self.claimed(type, [count])], [RequestedOutput(index: 0)]))
        #expect(message.contains("'y' of shape [\(count)]"))
        #expect(message.contains("ask for it as binary"))
    }

    @Test func `too many bytes as binary are refused`() throws {
        let wanted = RequestedOutput(index: 0, binary: true)
        let message = try #require(Self.refusal([Self.claimed(.fp32, [1 << 30])], [wanted]))
        #expect(message.contains("send fewer rows"))
        #expect(!message.contains("as binary"))
    }

    @Test func `outputs that are small one by one are refused together`() throws {
        let each = try Self.claimed(.fp32, [1 << 28])
        let wanted = (0..<4).map { RequestedOutput(index: $0, binary: true) }
        #expect(Self.refusal([each, each, each, each], wanted) != nil)
    }

    @Test func `sizes whose product overflows are refused`() throws {
        #expect(try Self.refusal([Self.claimed(.uint8, [Int.max / 2])], [RequestedOutput(index: 0)]) != nil)
        let wanted = RequestedOutput(index: 0, classification: Int.max)
        #expect(try Self.refusal([Self.claimed(.uint8, [Int.max / 2, 1])], [wanted]) != nil)
    }

    @Test func `too many classes are refused`() throws {
        let wanted = RequestedOutput(index: 0, classification: 1 << 20)
        let message = try #require(Self.refusal([Self.claimed(.fp32, [1 << 10, 1 << 20])], [wanted], labels: ["a"]))
        #expect(message.contains("fewer classes"))
    }

    @Test(arguments: [[1 << 28], [1 << 40, 0], [1 << 24, 1 << 24, 0]])
    func `rows and columns are refused alike, empty ones too`(shape: [Int]) throws {
        for form in [TFServingRequest.Form.row, .column] {
            var buffer = ByteBuffer()
            let tensor = try Self.claimed(.fp32, shape)
            #expect(throws: ProtocolError.self) {
                try TFServingResponseEncoder.encode(outputs: [tensor], form: form, into: &buffer)
            }
            #expect(buffer.readableBytes == 0)
        }
    }

    @Test func `the names that stand in every row count too`() throws {
        // As columns these are 2.4 GB at most; as rows they are 4.4.
        let flags = try Self.claimed(.bool, [200_000_000])
        var buffer = ByteBuffer()
        let problem = #expect(throws: ProtocolError.self) {
            try TFServingResponseEncoder.encode(outputs: [flags, flags], form: .row, into: &buffer)
        }
        #expect(problem?.message.contains("send fewer rows at once") == true)
        #expect(buffer.readableBytes == 0)
    }
}
