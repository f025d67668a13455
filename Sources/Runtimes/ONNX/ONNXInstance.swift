import CONNXRuntime
import Tensors

/// One loaded ONNX model. `run` is the hot path: no copy of a tensor, no name made twice, few allocations.
final class ONNXInstance: ModelInstance, @unchecked Sendable {
    let description: ModelDescription
    let session: ONNXSession
    private let functions: ORTFunctions
    private let inputNames: CStringTable
    private let outputNames: CStringTable
    /// Inputs that have no value of their own; they come first.
    private let requiredInputs: Int
    private let results: [Output]

    /// What of an output's description a run needs: no more is copied, since all loops count the users of the rest.
    private struct Output {
        let name: String
        let elementType: ElementType
    }

    init(session: ONNXSession, description: ModelDescription) {
        self.session = session
        self.description = description
        self.functions = session.library.functions
        self.inputNames = CStringTable(description.signature.inputs.map(\.name))
        self.outputNames = CStringTable(description.signature.outputs.map(\.name))
        self.results = description.signature.outputs.map { Output(name: $0.name, elementType: $0.elementType) }
        self.requiredInputs = description.signature.inputs.prefix { !$0.isOptional }.count
    }

    func run(_ inputs: [Tensor], outputs: [Int], handle: RunHandle?) throws(RunError) -> [Tensor] {
        let values = ONNXRunValues.make(owner: self, inputs: inputs, outputs: outputs.count)
        try fill(values, with: inputs)
        guard let handle else {
            try call(values, inputs: inputs, outputs: outputs, options: nil)
            return try tensors(of: values, outputs: outputs)
        }
        try call(values, inputs: inputs, outputs: outputs, handle: handle)
        return try tensors(of: values, outputs: outputs)
    }

    // MARK: - Inputs

    /// One ORT value over each input's own bytes.
    private func fill(_ values: ONNXRunValues, with inputs: [Tensor]) throws(RunError) {
        for index in inputs.indices {
            do throws(ONNXFailure) {
                values.setInput(index, try value(of: inputs[index], keptBy: values))
            } catch {
                throw runError(error)
            }
        }
    }

    private func value(of tensor: Tensor, keptBy values: ONNXRunValues) throws(ONNXFailure) -> OpaquePointer {
        if tensor.elementType == .bytes { return try functions.stringValue(of: tensor, session.library.allocator) }
        let storage = ONNXRunValues.usable(tensor)
        if storage !== tensor.storage { values.keep(storage) }
        var value: OpaquePointer?
        var failure: ONNXFailure?
        tensor.shape.withInt64Dimensions { dimensions, rank in
            failure = functions.failure(
                functions.CreateTensorWithDataAsOrtValue(
                    session.library.memoryInfo, storage.base, storage.byteCount, dimensions, rank,
                    tensor.elementType.onnxNumber, &value))
        }
        if let failure { throw failure }
        guard let value else { throw ONNXFailure(code: .fail, message: "no value for input '\(tensor.name)'") }
        return value
    }

    // MARK: - The call

    /// A run that another thread may stop.
    private func call(
        _ values: ONNXRunValues, inputs: [Tensor], outputs: [Int], handle: RunHandle
    ) throws(RunError) {
        var created: OpaquePointer?
        if let failure = functions.failure(functions.CreateRunOptions(&created)) { throw runError(failure) }
        guard let options = created else { throw .failed("no run options") }
        defer { functions.ReleaseRunOptions(options) }
        let switchOff = TerminateSwitch(functions: functions, options: options)
        guard handle.begin(stop: { switchOff.throwIt() }) else { throw .terminated }
        defer { handle.end() }
        do throws(RunError) {
            try call(values, inputs: inputs, outputs: outputs, options: options)
        } catch {
            throw handle.isTerminated ? .terminated : error
        }
    }

    private func call(
        _ values: ONNXRunValues, inputs: [Tensor], outputs: [Int], options: OpaquePointer?
    ) throws(RunError) {
        try withNames(of: inputs, outputs) { inputNames, outputNames throws(RunError) in
            let status = values.withValues { inputValues, outputValues in
                functions.Run(
                    session.pointer, options, inputNames, inputValues, inputs.count, outputNames, outputs.count,
                    outputValues)
            }
            if let failure = functions.failure(status) { throw runError(failure) }
        }
    }

    /// The C names for one run: tables made at load where all inputs or outputs are meant, else picked out of them.
    private func withNames(
        of inputs: [Tensor], _ outputs: [Int],
        _ body: (UnsafePointer<UnsafePointer<CChar>?>, UnsafePointer<UnsafePointer<CChar>?>) throws(RunError) -> Void
    ) throws(RunError) {
        let allInputs = inputs.count == requiredInputs && requiredInputs == inputNames.count
        let allOutputs = outputs.count == outputNames.count && outputs.enumerated().allSatisfy { $0 == $1 }
        if allInputs && allOutputs { return try body(inputNames.base, outputNames.base) }
        var chosenInputs = try names(of: inputs)
        var chosenOutputs = try names(of: outputs)
        try body(&chosenInputs, &chosenOutputs)
    }

    private func names(of inputs: [Tensor]) throws(RunError) -> [UnsafePointer<CChar>?] {
        var names: [UnsafePointer<CChar>?] = []
        // In the signature's order, so that one pass over it finds them all.
        for (index, spec) in description.signature.inputs.enumerated() {
            if names.count < inputs.count, inputs[names.count].name == spec.name {
                names.append(inputNames.base[index])
            } else if !spec.isOptional {
                // The library itself would only notice where the value is used.
                throw .invalidInput("input '\(spec.name)' is missing, or not in its place")
            }
        }
        guard names.count == inputs.count else {
            throw .invalidInput(
                "'\(inputs[names.count].name)' is not an input of the model, was given twice or is not in its place")
        }
        return names + [nil]
    }

    private func names(of outputs: [Int]) throws(RunError) -> [UnsafePointer<CChar>?] {
        var names: [UnsafePointer<CChar>?] = []
        for index in outputs {
            guard index >= 0, index < outputNames.count else { throw .invalidInput("there is no output \(index)") }
            let name = outputNames.base[index]
            guard !names.contains(name) else {
                throw .invalidInput("output '\(description.signature.outputs[index].name)' was asked for twice")
            }
            names.append(name)
        }
        guard !names.isEmpty else { throw .invalidInput("no output was asked for") }
        return names
    }

    // MARK: - Outputs

    private func tensors(of values: ONNXRunValues, outputs: [Int]) throws(RunError) -> [Tensor] {
        var tensors: [Tensor] = []
        tensors.reserveCapacity(outputs.count)
        for position in 0..<outputs.count {
            let output = results[outputs[position]]
            guard let value = values.output(position) else {
                throw .failed("the model gave no value for output '\(output.name)'")
            }
            do throws(ONNXFailure) {
                tensors.append(try tensor(of: value, output, owner: values))
            } catch {
                throw runError(error)
            }
        }
        return tensors
    }

    private func tensor(
        of value: OpaquePointer, _ output: Output, owner: ONNXRunValues
    ) throws(ONNXFailure) -> Tensor {
        var number: Int32 = 0
        var dimensions: UnsafePointer<Int64>?
        var rank = 0
        try functions.check(
            functions.GetTensorElementTypeAndShapeDataReference(value, &number, &dimensions, &rank))
        guard number == output.elementType.onnxNumber else {
            throw ONNXFailure(code: .fail, message: "output '\(output.name)' came in another type than it declares")
        }
        let sizes = UnsafeBufferPointer(start: dimensions, count: rank)
        guard let shape = try? Shape(sizes.map { Int(truncatingIfNeeded: $0) }) else {
            throw ONNXFailure(code: .fail, message: "output '\(output.name)' has a shape that cannot be")
        }
        let storage: TensorStorage
        if output.elementType == .bytes {
            storage = try functions.stringBytes(of: value, count: shape.elementCount, name: output.name)
        } else {
            var data: UnsafeMutableRawPointer?
            try functions.check(functions.GetTensorMutableData(value, &data))
            let byteCount = shape.byteCount(of: output.elementType) ?? 0
            if let data, byteCount > 0 {
                storage = TensorStorage(borrowing: data, byteCount: byteCount, owner: owner, isLent: false)
            } else {
                storage = TensorStorage(byteCount: 0)
            }
        }
        return Tensor(checkedName: output.name, elementType: output.elementType, shape: shape, storage: storage)
    }

    /// Whose fault a failed run is.
    private func runError(_ failure: ONNXFailure) -> RunError {
        if failure.isOutOfMemory {
            return .failed("\(ONNXFailure.outOfMemory): \(failure.message)")
        }
        return failure.code == .invalidArgument ? .invalidInput(failure.message) : .failed(failure.message)
    }
}

/// Asks the run that uses some run options to stop. Threads may use it at any time between the options' making and
/// their release; `RunHandle.end` sees to that.
private struct TerminateSwitch: @unchecked Sendable {
    let functions: ORTFunctions
    let options: OpaquePointer

    func throwIt() {
        functions.ReleaseStatus(functions.RunOptionsSetTerminate(options))
    }
}
