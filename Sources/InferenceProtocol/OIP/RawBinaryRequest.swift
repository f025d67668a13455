import Tensors

/// A request without JSON: all of its body is the data of the model's single input, and its outputs come back binary
/// ("Raw Binary Request" of the binary tensor data extension).
enum RawBinaryRequest {
    static func decode(
        _ bytes: UnsafeRawBufferPointer, owner: Unmanaged<AnyObject>, signature: Signature
    ) throws(JSONProblem) -> InferenceRequest {
        guard signature.inputs.count == 1, let spec = signature.inputs.first else {
            throw JSONProblem(
                "a raw binary request needs a model with one input, but this one has \(signature.inputs.count); send a "
                    + "JSON header that names them")
        }
        let tensor: Tensor
        if spec.elementType == .bytes {
            tensor = try oneString(bytes, spec)
        } else {
            let shape = try deducedShape(spec, byteCount: bytes.count)
            do { try BinarySection.check(bytes, spec.elementType, shape) } catch { throw error.within(spec.name) }
            tensor = Tensor(
                checkedName: spec.name, elementType: spec.elementType, shape: shape,
                storage: BinarySection.storage(bytes, spec.elementType, owner))
        }
        let outputs = signature.outputs.indices.map { RequestedOutput(index: $0, binary: true) }
        return InferenceRequest(inputs: [tensor], outputs: outputs)
    }

    /// The body as the one element of a `BYTES` tensor, without a length of its own.
    private static func oneString(_ bytes: UnsafeRawBufferPointer, _ spec: TensorSpec) throws(JSONProblem) -> Tensor {
        let dimensions = spec.shape.map { if case .fixed(let size) = $0 { size } else { 1 } }
        guard let shape = try? Shape(dimensions), shape.elementCount == 1, bytes.count <= Int(UInt32.max) else {
            throw JSONProblem(
                "a raw binary request is one BYTES element, but the input '\(spec.name)' has the shape "
                    + SignatureCheck.text(spec.shape))
        }
        let storage = TensorStorage(byteCount: bytes.count + 4)
        storage.base.storeBytes(of: UInt32(truncatingIfNeeded: bytes.count).littleEndian, as: UInt32.self)
        if let base = bytes.baseAddress, bytes.count > 0 {
            (storage.base + 4).copyMemory(from: base, byteCount: bytes.count)
        }
        return Tensor(checkedName: spec.name, elementType: .bytes, shape: shape, storage: storage)
    }

    /// One open dimension follows from the number of bytes. Of several, the first is taken to be the batch, of one.
    private static func deducedShape(_ spec: TensorSpec, byteCount: Int) throws(JSONProblem) -> Shape {
        var dimensions = spec.wireShape
        if dimensions.count(where: { $0 < 0 }) > 1, dimensions.first == -1 { dimensions[0] = 1 }
        let open = dimensions.indices.filter { dimensions[$0] < 0 }
        guard open.count <= 1 else {
            throw JSONProblem(
                "the shape \(SignatureCheck.text(spec.shape)) of the input '\(spec.name)' does not follow from the "
                    + "number of bytes; send a JSON header with the shape")
        }
        if let place = open.first {
            dimensions[place] = 1
            guard let one = try? Shape(dimensions), let rowBytes = one.byteCount(of: spec.elementType), rowBytes > 0,
                byteCount % rowBytes == 0
            else {
                throw JSONProblem(
                    "\(byteCount) bytes are no whole number of rows of the input '\(spec.name)' of type "
                        + "\(spec.elementType.rawValue) and shape \(SignatureCheck.text(spec.shape))")
            }
            dimensions[place] = byteCount / rowBytes
        }
        do { return try Shape(dimensions) } catch { throw JSONProblem("\(error)") }
    }
}
