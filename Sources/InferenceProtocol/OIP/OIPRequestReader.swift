import Tensors

/// The state of reading one request: what has been seen of it so far.
struct OIPRequestReader {
    var cursor: JSONCursor
    /// What follows the JSON; `nil` when the caller did not say where the JSON ends.
    var binary: BinarySection?
    let signature: Signature
    /// The parameter that requests are routed by, and what it says.
    private let keyParameter: String?
    private var routingKey: RoutingKey?

    private var id: String?
    var inputs: [Tensor] = []
    var given = IndexSet64()
    private var outputs: [OIPOutputRequest] = []
    private var binaryByDefault = false
    private var keys = SeenKeys()

    init(cursor: JSONCursor, binary: BinarySection?, signature: Signature, keyParameter: String? = nil) {
        self.keyParameter = keyParameter
        self.cursor = cursor
        self.binary = binary
        self.signature = signature
    }

    mutating func read() throws(JSONProblem) -> InferenceRequest {
        if try cursor.openObject() {
            repeat { try readMember() } while try cursor.objectContinues()
        }
        try cursor.expectEnd()
        guard keys.contains(.inputs) else { throw JSONProblem("the request has no 'inputs'", at: cursor.offset) }
        do throws(JSONProblem) {
            try SignatureCheck.complete(given, signature)
            try SignatureCheck.symbols(of: inputs, in: signature)
        } catch {
            throw error.within("inputs")
        }
        try binary?.expectEnd()
        return InferenceRequest(id: id, inputs: inputs, outputs: requestedOutputs(), routingKey: routingKey)
    }

    private mutating func readMember() throws(JSONProblem) {
        let place = cursor.offset
        let key = try cursor.key()
        if key.equals("inputs") {
            try keys.insert(.inputs, "inputs", at: place)
            try readInputs()
        } else if key.equals("outputs") {
            try keys.insert(.outputs, "outputs", at: place)
            if !cursor.null() { try readOutputs() }
        } else if key.equals("id") {
            try keys.insert(.id, "id", at: place)
            if !cursor.null() {
                id = try field("id") { (cursor) throws(JSONProblem) in
                    let text = try cursor.string()
                    try InferenceRequest.checkID(bytes: text.decodedCount)
                    return text.string
                }
            }
        } else if key.equals("parameters") {
            try keys.insert(.parameters, "parameters", at: place)
            if !cursor.null() { try readParameters() }
        } else {
            try cursor.skipValue(depth: 1)
        }
    }

    private mutating func readInputs() throws(JSONProblem) {
        var index: Int?
        do throws(JSONProblem) {
            guard try cursor.openList() else { return }
            index = 0
            inputs.reserveCapacity(signature.inputs.count)
            repeat {
                try readInput()
                index = inputs.count
            } while try cursor.listContinues()
        } catch {
            throw (index.map { error.within("[\($0)]") } ?? error).within("inputs")
        }
    }

    private mutating func readOutputs() throws(JSONProblem) {
        var index: Int?
        do throws(JSONProblem) {
            guard try cursor.openList() else { return }
            index = 0
            var named = IndexSet64()
            repeat {
                let output = try OIPOutputRequest.read(&cursor, signature)
                guard named.insert(output.index) else {
                    throw JSONProblem("the output '\(signature.outputs[output.index].name)' is asked for twice")
                }
                outputs.append(output)
                index = outputs.count
            } while try cursor.listContinues()
        } catch {
            throw (index.map { error.within("[\($0)]") } ?? error).within("outputs")
        }
    }

    /// Of the request's parameters only `binary_data_output` concerns how tensors travel, and one perhaps where they go.
    private mutating func readParameters() throws(JSONProblem) {
        do throws(JSONProblem) {
            guard try cursor.openObject() else { return }
            repeat {
                let key = try cursor.key()
                if key.equals("binary_data_output") {
                    binaryByDefault = try field("binary_data_output") { (cursor) throws(JSONProblem) in
                        try cursor.bool()
                    }
                } else if let keyParameter, key.equals(keyParameter) {
                    do throws(JSONProblem) {
                        routingKey = try cursor.routingKey()
                    } catch {
                        throw error.within(keyParameter)
                    }
                } else {
                    try cursor.skipValue(depth: 2)
                }
            } while try cursor.objectContinues()
        } catch {
            throw error.within("parameters")
        }
    }

    private func requestedOutputs() -> [RequestedOutput] {
        if outputs.isEmpty {
            return signature.outputs.indices.map { RequestedOutput(index: $0, binary: binaryByDefault) }
        }
        return outputs.map {
            RequestedOutput(
                index: $0.index, binary: $0.binary ?? binaryByDefault, classification: $0.classification)
        }
    }

    /// Reads one value, naming `name` in what goes wrong.
    @inline(__always)
    mutating func field<Value>(
        _ name: StaticString, _ read: (inout JSONCursor) throws(JSONProblem) -> Value
    ) throws(JSONProblem) -> Value {
        do throws(JSONProblem) {
            return try read(&cursor)
        } catch {
            throw error.within("\(name)")
        }
    }
}

/// The members of an object that must not come twice: readers of the first and of the last would disagree.
struct SeenKeys: OptionSet {
    var rawValue: UInt16 = 0

    static let inputs = SeenKeys(rawValue: 1 << 0)
    static let outputs = SeenKeys(rawValue: 1 << 1)
    static let id = SeenKeys(rawValue: 1 << 2)
    static let parameters = SeenKeys(rawValue: 1 << 3)
    static let name = SeenKeys(rawValue: 1 << 4)
    static let shape = SeenKeys(rawValue: 1 << 5)
    static let datatype = SeenKeys(rawValue: 1 << 6)
    static let data = SeenKeys(rawValue: 1 << 7)
    static let instances = SeenKeys(rawValue: 1 << 8)
    static let signatureName = SeenKeys(rawValue: 1 << 9)

    @inline(__always)
    mutating func insert(_ key: SeenKeys, _ name: StaticString, at offset: Int) throws(JSONProblem) {
        guard !contains(key) else { throw JSONProblem("the key '\(name)' occurs twice in one object", at: offset) }
        rawValue |= key.rawValue
    }
}
