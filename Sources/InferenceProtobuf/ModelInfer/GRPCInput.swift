import InferenceProtocol
import Tensors

/// What an `InferInputTensor` says of its tensor, checked against the signature; its elements are read later.
struct GRPCInput {
    /// Field numbers of `InferInputTensor`, and of `InferOutputTensor`.
    enum Field {
        static let name: UInt32 = 1
        static let datatype: UInt32 = 2
        static let shape: UInt32 = 3
        static let parameters: UInt32 = 4
        static let contents: UInt32 = 5
    }

    /// Index into the signature's inputs.
    let index: Int
    let shape: Shape
    /// Whether there is a `contents` that is not empty.
    let hasContents: Bool

    init(_ message: ProtobufReader, _ signature: Signature) throws(JSONProblem) {
        var reader = message
        var name = JSONText(UnsafeRawBufferPointer(start: nil, count: 0))
        var datatype = name
        var dimensions: [Int] = []
        var hasContents = false
        while let tag = try reader.next() {
            switch (tag.number, tag.wire) {
            case (Field.name, .lengthDelimited): name = JSONText(try reader.lengthDelimited())
            case (Field.datatype, .lengthDelimited): datatype = JSONText(try reader.lengthDelimited())
            case (Field.shape, _):
                do throws(JSONProblem) {
                    try Self.append(&reader, tag, to: &dimensions)
                } catch {
                    throw error.within("shape")
                }
            case (Field.parameters, .lengthDelimited):
                guard try !GRPCParameter(try reader.message()).asksForSharedMemory else {
                    throw GRPCParameter.sharedMemoryRefusal.within("parameters")
                }
            case (Field.contents, .lengthDelimited):
                hasContents = try !reader.lengthDelimited().isEmpty || hasContents
            default: try reader.skip(tag)
            }
        }
        self.index = try Self.index(name, datatype, signature)
        self.shape = try Self.shape(dimensions, fits: signature.inputs[index])
        self.hasContents = hasContents
    }

    /// Adds one occurrence of `shape`.
    static func append(
        _ reader: inout ProtobufReader, _ tag: ProtobufReader.Tag, to dimensions: inout [Int]
    ) throws(JSONProblem) {
        dimensions.reserveCapacity(4)
        try reader.forEachVarint(tag) { (size) throws(JSONProblem) in
            guard dimensions.count < SignatureCheck.dimensionLimit else {
                throw JSONProblem("a shape has at most \(SignatureCheck.dimensionLimit) dimensions")
            }
            dimensions.append(Int(Int64(bitPattern: size)))
        }
    }

    private static func index(
        _ name: JSONText, _ datatype: JSONText, _ signature: Signature
    ) throws(JSONProblem) -> Int {
        guard !name.bytes.isEmpty else { throw JSONProblem("an input needs a 'name'") }
        let index: Int
        do throws(JSONProblem) {
            index = try SignatureCheck.index(of: name, in: signature.inputs, "input")
        } catch {
            throw error.within("name")
        }
        guard datatype.equals(signature.inputs[index].elementType.wireName) else {
            guard !datatype.bytes.isEmpty else { throw JSONProblem("an input needs a 'datatype'") }
            throw SignatureCheck.typeDisagrees(datatype.string, signature.inputs[index]).within("datatype")
        }
        return index
    }

    private static func shape(_ dimensions: [Int], fits spec: TensorSpec) throws(JSONProblem) -> Shape {
        do throws(JSONProblem) {
            let shape: Shape
            do { shape = try Shape(dimensions) } catch { throw JSONProblem("\(error)") }
            try SignatureCheck.shape(shape, fits: spec)
            return shape
        } catch {
            throw error.within("shape")
        }
    }
}
