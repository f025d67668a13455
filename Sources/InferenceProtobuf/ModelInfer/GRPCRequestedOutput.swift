import InferenceProtocol
import Tensors

/// Reads an `InferRequestedOutputTensor`: its name is field 1, its parameters are field 2.
enum GRPCRequestedOutput {
    static func read(
        _ message: ProtobufReader, _ signature: Signature, isRaw: Bool
    ) throws(JSONProblem) -> RequestedOutput {
        var reader = message
        var name: JSONText?
        var classification = 0
        while let tag = try reader.next() {
            switch (tag.number, tag.wire) {
            case (1, .lengthDelimited): name = JSONText(try reader.lengthDelimited())
            case (2, .lengthDelimited):
                do throws(JSONProblem) {
                    try readParameter(try GRPCParameter(try reader.message()), &classification)
                } catch {
                    throw error.within("parameters")
                }
            default: try reader.skip(tag)
            }
        }
        guard let name else { throw JSONProblem("an output needs a 'name'") }
        let index: Int
        do throws(JSONProblem) {
            index = try SignatureCheck.index(of: name, in: signature.outputs, "output")
        } catch {
            throw error.within("name")
        }
        if classification > 0 { try SignatureCheck.canClassify(signature.outputs[index]) }
        return RequestedOutput(index: index, binary: isRaw, classification: classification)
    }

    private static func readParameter(
        _ parameter: GRPCParameter, _ classification: inout Int
    ) throws(JSONProblem) {
        guard !parameter.asksForSharedMemory else { throw GRPCParameter.sharedMemoryRefusal }
        guard parameter.key == "classification" else { return }
        guard let count = parameter.count else {
            throw JSONProblem("the number of classes must be an int64_param of 0 or more").within("classification")
        }
        classification = count
    }
}
