import InferenceProtocol
import Tensors

/// The state of reading one `ModelInferRequest`.
struct GRPCRequestReader {
    typealias Field = GRPCInferRequest.Field

    private let message: ProtobufReader
    /// Keeps the message's memory alive.
    let owner: Unmanaged<AnyObject>
    let signature: Signature

    /// Goes through `raw_input_contents` in step with the inputs.
    private var rawContents: ProtobufReader
    private var inputs: [Tensor] = []
    private var given = IndexSet64()
    private var outputs: [RequestedOutput] = []

    init(_ message: ProtobufReader, owner: Unmanaged<AnyObject>, signature: Signature) {
        self.message = message
        self.rawContents = message
        self.owner = owner
        self.signature = signature
    }

    mutating func read() throws(JSONProblem) -> InferenceRequest {
        let counts = try count()
        guard counts.raw == 0 || counts.raw == counts.inputs else {
            throw JSONProblem(
                "there must be one for each of the \(counts.inputs) inputs, or none at all, got \(counts.raw)"
            ).within("raw_input_contents")
        }
        inputs.reserveCapacity(min(counts.inputs, signature.inputs.count))
        try readInputs(isRaw: counts.raw > 0)
        if counts.outputs > 0 { try readOutputs(isRaw: counts.raw > 0) }
        if outputs.isEmpty {
            outputs = signature.outputs.indices.map { RequestedOutput(index: $0, binary: counts.raw > 0) }
        }
        return InferenceRequest(id: counts.id, inputs: inputs, outputs: outputs)
    }

    private func count() throws(JSONProblem) -> (inputs: Int, outputs: Int, raw: Int, id: String?) {
        var reader = message
        var counts: (inputs: Int, outputs: Int, raw: Int, id: String?) = (0, 0, 0, nil)
        while let tag = try reader.next() {
            guard tag.wire == .lengthDelimited else {
                try reader.skip(tag)
                continue
            }
            switch tag.number {
            case Field.inputs: counts.inputs += 1
            case Field.outputs: counts.outputs += 1
            case Field.rawInputContents: counts.raw += 1
            case Field.id:
                let id = try reader.string()
                counts.id = id.isEmpty ? nil : id
                continue
            default: break
            }
            try reader.skip(tag)
        }
        return counts
    }

    private mutating func readInputs(isRaw: Bool) throws(JSONProblem) {
        var reader = message
        var count = 0
        do throws(JSONProblem) {
            while let tag = try reader.next() {
                guard tag.number == Field.inputs, tag.wire == .lengthDelimited else {
                    try reader.skip(tag)
                    continue
                }
                do throws(JSONProblem) {
                    try readInput(try reader.message(), raw: isRaw ? try nextRawContents() : nil)
                } catch {
                    throw error.within("[\(count)]")
                }
                count += 1
            }
            try SignatureCheck.complete(given, signature)
            try SignatureCheck.symbols(of: inputs, in: signature)
        } catch {
            throw error.within("inputs")
        }
    }

    private mutating func readInput(
        _ message: ProtobufReader, raw: UnsafeRawBufferPointer?
    ) throws(JSONProblem) {
        let input = try GRPCInput(message, signature)
        let type = signature.inputs[input.index].elementType
        let storage: TensorStorage
        if let raw {
            guard !input.hasContents else {
                throw JSONProblem(
                    "tensors travel either here or in 'raw_input_contents', not in both; leave one of them out"
                ).within("contents")
            }
            do throws(JSONProblem) {
                try BinarySection.check(raw, type, input.shape)
            } catch {
                throw error.within("raw_input_contents")
            }
            storage = BinarySection.storage(raw, type, owner)
        } else {
            do throws(JSONProblem) {
                storage = try TypedContents.read(message, type, input.shape, owner)
            } catch {
                throw error.within("contents")
            }
        }
        let name = signature.inputs[input.index].name
        guard given.insert(input.index) else { throw JSONProblem("the input '\(name)' is given twice") }
        let tensor = Tensor(checkedName: name, elementType: type, shape: input.shape, storage: storage)
        inputs.insert(tensor, at: given.countBelow(input.index))
    }

    private mutating func nextRawContents() throws(JSONProblem) -> UnsafeRawBufferPointer? {
        while let tag = try rawContents.next() {
            if tag.number == Field.rawInputContents, tag.wire == .lengthDelimited {
                return try rawContents.lengthDelimited()
            }
            try rawContents.skip(tag)
        }
        return nil
    }

    private mutating func readOutputs(isRaw: Bool) throws(JSONProblem) {
        var reader = message
        var named = IndexSet64()
        do throws(JSONProblem) {
            while let tag = try reader.next() {
                guard tag.number == Field.outputs, tag.wire == .lengthDelimited else {
                    try reader.skip(tag)
                    continue
                }
                let output = try GRPCRequestedOutput.read(try reader.message(), signature, isRaw: isRaw)
                guard named.insert(output.index) else {
                    throw JSONProblem("the output '\(signature.outputs[output.index].name)' is asked for twice")
                }
                outputs.append(output)
            }
        } catch {
            throw error.within("[\(outputs.count)]").within("outputs")
        }
    }
}
