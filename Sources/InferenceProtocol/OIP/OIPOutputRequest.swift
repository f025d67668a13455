import Tensors

/// One element of a request's `outputs`.
struct OIPOutputRequest {
    /// Index into the signature's outputs.
    var index: Int
    /// `nil` when the request's own `binary_data_output` decides.
    var binary: Bool?
    var classification = 0

    static func read(_ cursor: inout JSONCursor, _ signature: Signature) throws(JSONProblem) -> OIPOutputRequest {
        let place = (cursor.next(), cursor.offset).1
        var keys = SeenKeys()
        var output = OIPOutputRequest(index: -1, binary: nil)
        if try cursor.openObject() {
            repeat {
                let keyPlace = cursor.offset
                let key = try cursor.key()
                if key.equals("name") {
                    try keys.insert(.name, "name", at: keyPlace)
                    let namePlace = (cursor.next(), cursor.offset).1
                    do throws(JSONProblem) {
                        output.index = try SignatureCheck.index(
                            of: try cursor.string(), in: signature.outputs, "output")
                    } catch {
                        throw error.at(namePlace).within("name")
                    }
                } else if key.equals("parameters") {
                    try keys.insert(.parameters, "parameters", at: keyPlace)
                    if !cursor.null() { try output.readParameters(&cursor) }
                } else {
                    try cursor.skipValue(depth: 3)
                }
            } while try cursor.objectContinues()
        }
        guard output.index >= 0 else { throw JSONProblem("an output needs a 'name'", at: place) }
        if output.classification > 0 { try SignatureCheck.canClassify(signature.outputs[output.index]) }
        return output
    }

    private mutating func readParameters(_ cursor: inout JSONCursor) throws(JSONProblem) {
        do throws(JSONProblem) {
            guard try cursor.openObject() else { return }
            repeat {
                let key = try cursor.key()
                if key.equals("binary_data") {
                    do { binary = try cursor.bool() } catch { throw error.within("binary_data") }
                } else if key.equals("classification") {
                    do { classification = try cursor.count() } catch { throw error.within("classification") }
                } else {
                    try cursor.skipValue(depth: 4)
                }
            } while try cursor.objectContinues()
        } catch {
            throw error.within("parameters")
        }
    }
}
