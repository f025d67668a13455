import InferenceProtocol
import Statistics
import Tensors
import Testing

@testable import Serving

/// Mirrored requests as bytes, and lines of what waits.
@Suite struct MirroredRecordTests {
    private static let signature = Signature(
        inputs: [
            TensorSpec(name: "x", elementType: .fp32, shape: [.unknown]),
            TensorSpec(name: "times", elementType: .int64, shape: [.unknown, .unknown], isOptional: true),
            TensorSpec(name: "a name that is longer than a word", elementType: .bytes, shape: [.unknown]),
        ],
        outputs: [
            TensorSpec(name: "y", elementType: .fp64, shape: [.unknown]),
            TensorSpec(name: "label", elementType: .bytes, shape: [.unknown]),
        ])

    private static func tensor(_ spec: TensorSpec, _ random: inout Xoshiro256, most: Int = 8) -> Tensor {
        let count = Int.random(in: 0...most, using: &random)
        let dimensions = spec.shape.count == 2 ? [count, 2] : [count]
        var bytes: [UInt8] = []
        for _ in 0..<dimensions.reduce(1, *) {
            let length = spec.elementType.byteWidth ?? Int.random(in: 0...9, using: &random)
            if spec.elementType == .bytes {
                withUnsafeBytes(of: UInt32(length).littleEndian) { bytes += $0 }
            }
            bytes += (0..<length).map { _ in UInt8.random(in: 0...255, using: &random) }
        }
        let storage = TensorStorage(byteCount: bytes.count)
        storage.mutableBytes.copyBytes(from: bytes)
        let shape = (try? Shape(dimensions)) ?? .scalar
        return Tensor(checkedName: spec.name, elementType: spec.elementType, shape: shape, storage: storage)
    }

    private static func request(_ random: inout Xoshiro256, most: Int = 8) -> MirroredRequest {
        var inputs: [Tensor] = []
        for spec in signature.inputs where !spec.isOptional || Bool.random(using: &random) {
            inputs.append(tensor(spec, &random, most: most))
        }
        let wanted = [[0], [1], [0, 1], [1, 0], []].randomElement(using: &random) ?? []
        let request = InferenceRequest(inputs: inputs, outputs: wanted.map { RequestedOutput(index: $0) })
        let answer = PredictionResult(
            outputs: wanted.map { tensor(signature.outputs[$0], &random, most: most) }, queue: 0,
            compute: random.next())
        return MirroredRequest(request, answer, PredictionID(high: random.next(), low: random.next()))
    }

    private static func areSame(_ left: [Tensor], _ right: [Tensor]) -> Bool {
        left.count == right.count
            && zip(left, right).allSatisfy {
                $0.name == $1.name && $0.elementType == $1.elementType && $0.shape == $1.shape
                    && $0.storage.bytes.elementsEqual($1.storage.bytes)
            }
    }

    @Test func `what was written is what is read, and no part of it is anything`() throws {
        let record = MirroredRecord(Self.signature)
        var random = Xoshiro256(seed: 1)
        for _ in 0..<300 {
            let mirrored = Self.request(&random)
            #expect(record.takes(mirrored))
            let bytes = RecordBytes(capacity: 64)
            record.write(mirrored, into: bytes)
            let read = try #require(record.read(bytes.bytes))
            #expect(read.prediction == mirrored.prediction && read.compute == mirrored.compute)
            #expect(Self.areSame(read.request.inputs, mirrored.request.inputs))
            #expect(Self.areSame(read.outputs, mirrored.outputs))
            #expect(read.request.outputs.map(\.index) == mirrored.request.outputs.map(\.index))
            for end in 0..<bytes.count {
                #expect(record.read(UnsafeRawBufferPointer(rebasing: bytes.bytes[..<end])) == nil)
            }
        }
    }

    @Test func `what is large, or is not as the signature has it, stays as it is`() {
        let record = MirroredRecord(Self.signature)
        var random = Xoshiro256(seed: 2)
        var mirrored = Self.request(&random)
        let other = TensorSpec(name: "x", elementType: .fp64, shape: [.unknown])
        let large = TensorSpec(name: "x", elementType: .fp32, shape: [.unknown])
        for (spec, most) in [(other, 8), (large, 100_000)] {
            var request = mirrored.request
            request.inputs = [Self.tensor(spec, &random, most: most)]
            mirrored = MirroredRequest(
                request, PredictionResult(outputs: mirrored.outputs, queue: 0, compute: 1), mirrored.prediction)
            #expect(!record.takes(mirrored))
        }
    }

    @Test func `small and large requests come back in the order in which they came`() {
        let record = MirroredRecord(Self.signature)
        var line = MirroredRequests()
        var random = Xoshiro256(seed: 3)
        for _ in 0..<20 {
            let requests = (0..<Int.random(in: 0...50, using: &random)).map { _ in Self.request(&random) }
            for mirrored in requests {
                if mirrored.prediction.low % 3 == 0 {
                    line.append(mirrored)
                } else {
                    line.append(mirrored, as: record)
                }
            }
            #expect(line.count == requests.count)
            var taken: [PredictionID] = []
            line.forEach(record) { taken.append($0.prediction) }
            #expect(taken == requests.map(\.prediction))
            line.removeAll()
            #expect(line.count == 0 && line.bytes == 0)
        }
    }
}
