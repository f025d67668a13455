import CONNXRuntime
import Tensors

/// Reading the signature of a loaded model.
extension ONNXSession {
    /// Which of a session's three lists of named values.
    private enum Kind: String {
        case input, output
        /// An input for which the model has a value of its own.
        case optionalInput = "optional input"
    }

    /// Inputs that must be given first, then those that may be left out, then nothing else: the order that `run` wants.
    func signature() throws(ModelLoadError) -> Signature {
        do {
            return Signature(
                inputs: try specs(.input) + specs(.optionalInput),
                outputs: try specs(.output))
        } catch let failure as ONNXFailure {
            throw ModelLoadError(.invalidModel, "The model's signature cannot be read: \(failure.message)")
        } catch let error as ModelLoadError {
            throw error
        } catch {
            throw ModelLoadError(.invalidModel, "The model's signature cannot be read: \(error)")
        }
    }

    private func specs(_ kind: Kind) throws -> [TensorSpec] {
        let functions = library.functions
        var count = 0
        switch kind {
        case .input: try functions.check(functions.SessionGetInputCount(pointer, &count))
        case .output: try functions.check(functions.SessionGetOutputCount(pointer, &count))
        case .optionalInput: try functions.check(functions.SessionGetOverridableInitializerCount(pointer, &count))
        }
        var specs: [TensorSpec] = []
        for index in 0..<count {
            specs.append(try spec(kind, index, name: name(kind, index)))
        }
        return specs
    }

    private func name(_ kind: Kind, _ index: Int) throws(ONNXFailure) -> String {
        let functions = library.functions
        var text: UnsafeMutablePointer<CChar>?
        switch kind {
        case .input: try functions.check(functions.SessionGetInputName(pointer, index, library.allocator, &text))
        case .output: try functions.check(functions.SessionGetOutputName(pointer, index, library.allocator, &text))
        case .optionalInput:
            try functions.check(
                functions.SessionGetOverridableInitializerName(pointer, index, library.allocator, &text))
        }
        guard let text else { return "" }
        defer { functions.ReleaseStatus(functions.AllocatorFree(library.allocator, text)) }
        return String(cString: text)
    }

    private func spec(_ kind: Kind, _ index: Int, name: String) throws -> TensorSpec {
        let functions = library.functions
        var info: OpaquePointer?
        switch kind {
        case .input: try functions.check(functions.SessionGetInputTypeInfo(pointer, index, &info))
        case .output: try functions.check(functions.SessionGetOutputTypeInfo(pointer, index, &info))
        case .optionalInput:
            try functions.check(functions.SessionGetOverridableInitializerTypeInfo(pointer, index, &info))
        }
        guard let info else { throw ONNXFailure(code: .fail, message: "\(kind.rawValue) '\(name)' has no type") }
        defer { functions.ReleaseTypeInfo(info) }
        var onnxType: Int32 = 0
        try functions.check(functions.GetOnnxTypeFromTypeInfo(info, &onnxType))
        var tensor: OpaquePointer?
        try functions.check(functions.CastTypeInfoToTensorInfo(info, &tensor))
        // 1 is a tensor; sparse tensors (5) have the same kind of information, but other values.
        guard onnxType == 1, let tensor else {
            throw ModelLoadError(.invalidModel, Self.unsupported(kind, name, onnxType: onnxType))
        }
        var number: Int32 = 0
        try functions.check(functions.GetTensorElementType(tensor, &number))
        guard let elementType = ElementType(onnxNumber: number) else {
            throw ModelLoadError(
                .invalidModel,
                "\(kind.rawValue) '\(name)' is a tensor of \(ElementType.onnxName(number)), which the Open Inference "
                    + "Protocol has no type for; export the model with a Cast to a type that it has (FP32, INT64, ...)")
        }
        return TensorSpec(
            name: name, elementType: elementType, shape: try dimensions(of: tensor), isOptional: kind == .optionalInput)
    }

    private func dimensions(of tensor: OpaquePointer) throws(ONNXFailure) -> [Dimension] {
        let functions = library.functions
        var rank = 0
        try functions.check(functions.GetDimensionsCount(tensor, &rank))
        guard rank > 0 else { return [] }
        var sizes = [Int64](repeating: -1, count: rank)
        try functions.check(functions.GetDimensions(tensor, &sizes, rank))
        var names = [UnsafePointer<CChar>?](repeating: nil, count: rank)
        try functions.check(functions.GetSymbolicDimensions(tensor, &names, rank))
        var result: [Dimension] = []
        for (size, name) in zip(sizes, names) {
            if size >= 0, let size = Int(exactly: size) {
                result.append(.fixed(size))
            } else if let name, name.pointee != 0 {
                result.append(.symbolic(String(cString: name)))
            } else {
                result.append(.unknown)
            }
        }
        return result
    }

    private static func unsupported(_ kind: Kind, _ name: String, onnxType: Int32) -> String {
        let what =
            switch onnxType {
            case 2: "a sequence"
            case 3: "a map"
            case 4: "an opaque value"
            case 5: "a sparse tensor"
            case 6: "an optional value"
            default: "a value of an unknown kind"
            }
        let advice =
            switch (kind, onnxType) {
            case (.output, 2), (.output, 3):
                "if it comes out of a scikit-learn classifier (ZipMap), convert that again with "
                    + "options={'zipmap': False}; otherwise end the graph with ConcatFromSequence or another operator "
                    + "that makes a tensor"
            case (_, 6): "export the model without optional values, or fill them in with OptionalGetElement"
            default: "export the model with dense tensors as inputs and outputs"
            }
        return "\(kind.rawValue) '\(name)' is \(what), and only tensors can be served: \(advice)"
    }
}
