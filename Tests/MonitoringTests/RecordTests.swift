import Crypto
import Journal
import Serving
import Tensors
import Testing

@testable import Monitoring

@Suite struct RecordTests {
    @Test func `the checksum is CRC-32C`() {
        let sum = Array("123456789".utf8).withUnsafeBytes { CRC32C.shared.checksum($0) }
        #expect(sum == 0xe306_9283)
        let inTwo = Array("123456789".utf8).withUnsafeBytes { bytes in
            let first = CRC32C.shared.checksum(UnsafeRawBufferPointer(rebasing: bytes[..<3]))
            return CRC32C.shared.checksum(UnsafeRawBufferPointer(rebasing: bytes[3...]), from: first)
        }
        #expect(inTwo == sum)
    }

    /// Any tensor at all: every type, up to four dimensions, empty ones too.
    private static func tensor(_ name: String, _ random: inout SeededRandom) -> Tensor {
        let type = ElementType.allCases.randomElement(using: &random) ?? .fp32
        let dimensions = (0..<Int.random(in: 0...4, using: &random)).map { _ in Int.random(in: 0...3, using: &random) }
        let shape = (try? Shape(dimensions)) ?? .scalar
        if type == .bytes {
            let texts = (0..<shape.elementCount).map { _ in
                (0..<Int.random(in: 0...5, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
            }
            let storage = BytesElements.encode(texts) ?? TensorStorage(byteCount: 0)
            return Tensor(checkedName: name, elementType: type, shape: shape, storage: storage)
        }
        let storage = TensorStorage(byteCount: shape.byteCount(of: type) ?? 0)
        for index in 0..<storage.byteCount { storage.mutableBytes[index] = UInt8.random(in: 0...255, using: &random) }
        return Tensor(checkedName: name, elementType: type, shape: shape, storage: storage)
    }

    private static func prediction(_ random: inout SeededRandom) -> ObservedPrediction {
        func text() -> String {
            String(
                (0..<Int.random(in: 0...9, using: &random)).map { _ in
                    "aé\u{1F600}\"\n".randomElement(using: &random) ?? "a"
                })
        }
        func tensors(_ prefix: String) -> [Tensor] {
            (0..<Int.random(in: 0...3, using: &random)).map { tensor("\(prefix)\($0)", &random) }
        }
        return ObservedPrediction(
            prediction: PredictionID(high: random.next(), low: random.next()), principal: text(),
            key: Bool.random(using: &random) ? text() : nil, requestID: Bool.random(using: &random) ? text() : nil,
            inputs: tensors("in"), outputs: tensors("out"),
            fault: Bool.random(using: &random) ? PredictionFault.allCases.randomElement(using: &random) : nil,
            nanoseconds: random.next(),
            trace: Bool.random(using: &random)
                ? TraceContext(id: TraceID(high: random.next(), low: random.next()), parent: 1, flags: 1) : nil)
    }

    private static func isSame(_ read: [LedgerTensor], _ written: [Tensor], _ rules: FieldRules) -> Bool {
        read.count == written.count
            && zip(read, written).allSatisfy { read, written in
                guard read.name == written.name, read.elementType == written.elementType, read.shape == written.shape
                else { return false }
                switch read.content {
                case .whole(let storage):
                    return !rules.hashed.contains(written.name) && !rules.excluded.contains(written.name)
                        && storage.bytes.elementsEqual(written.storage.bytes)
                case .hashed(let hashes):
                    return rules.hashed.contains(written.name) && hashes == rules.hashes(of: written)
                case .excluded: return rules.excluded.contains(written.name)
                case .tooLarge: return false
                }
            }
    }

    @Test func `what was written is what is read`() throws {
        var random = SeededRandom(seed: 6)
        let workshop = LedgerWorkshop()
        let rules = FieldRules(
            excluded: ["in1"], hashed: ["in0", "out2"], space: "default", key: SymmetricKey(size: .bits256))
        let tap = workshop.tap(workshop.book(), rules: rules)
        for _ in 0..<500 {
            let seen = Self.prediction(&random)
            let time = Int.random(in: -1_000_000...4_000_000_000_000_000, using: &random)
            let bytes = RecordBytes(capacity: 64)
            RecordEncoder.write(seen, time: time, of: tap, into: bytes)
            let row = try RecordDecoder.row(bytes.bytes)
            #expect(row.time.microseconds == time)
            #expect(row.prediction == seen.prediction)
            #expect((row.revision, row.version) == (7, 3))
            #expect((row.principal, row.key, row.requestID) == (seen.principal, seen.key, seen.requestID))
            #expect((row.fault, row.nanoseconds, row.trace) == (seen.fault, seen.nanoseconds, seen.trace?.id))
            #expect(Self.isSame(row.inputs, seen.inputs, rules))
            #expect(Self.isSame(row.outputs, seen.outputs, rules))
            // No part of it passes for a whole.
            for end in 0..<bytes.count {
                let part = UnsafeRawBufferPointer(rebasing: bytes.bytes[..<end])
                #expect(throws: MalformedRecord.self) { try RecordDecoder.row(part) }
            }
        }
    }

    @Test func `what is no record is refused, and traps nothing`() {
        var random = SeededRandom(seed: 61)
        for _ in 0..<2000 {
            var bytes = (0..<Int.random(in: 0...200, using: &random)).map { _ in
                UInt8.random(in: 0...255, using: &random)
            }
            if !bytes.isEmpty, Bool.random(using: &random) { bytes[0] = RecordEncoder.Kind.prediction }
            _ = bytes.withUnsafeBytes { bytes in
                #expect(throws: MalformedRecord.self) { try RecordDecoder.row(bytes) }
            }
        }
    }

    @Test func `the same value of a field has the same hash, and another one in another field or space`() {
        let key = [UInt8](repeating: 1, count: 32)
        let here = FieldRules(space: "a", key: SymmetricKey(data: key))
        let there = FieldRules(space: "b", key: SymmetricKey(data: key))
        let elsewhere = FieldRules(space: "a", key: SymmetricKey(data: [UInt8](repeating: 2, count: 32)))
        let hash = here.hashes(of: .numbers("customer", [42]))
        #expect(hash.count == 16)
        #expect(here.hashes(of: .numbers("customer", [42, 42])) == hash + hash)
        for other in [
            here.hashes(of: .numbers("customer", [43])), here.hashes(of: .numbers("age", [42])),
            there.hashes(of: .numbers("customer", [42])), elsewhere.hashes(of: .numbers("customer", [42])),
        ] {
            #expect(other != hash)
        }
    }
}
