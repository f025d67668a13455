import Tensors

/// The state of reading one request: a tensor in the making for each of the signature's inputs.
struct TFServingRequestReader {
    private(set) var cursor: JSONCursor
    private let signature: Signature
    private var tensors: [NestedTensor]
    private var form: TFServingRequest.Form?
    private var keys = SeenKeys()

    init(cursor: JSONCursor, signature: Signature) {
        self.cursor = cursor
        self.signature = signature
        self.tensors = signature.inputs.map { NestedTensor($0) }
    }

    mutating func read() throws(JSONProblem) -> TFServingRequest {
        if try cursor.openObject() {
            repeat { try readMember() } while try cursor.objectContinues()
        }
        try cursor.expectEnd()
        guard let form else { throw JSONProblem("the request has neither 'instances' nor 'inputs'", at: cursor.offset) }
        do {
            let inputs = try finishedInputs()
            try SignatureCheck.symbols(of: inputs, in: signature)
            let outputs = signature.outputs.indices.map { RequestedOutput(index: $0) }
            return TFServingRequest(request: InferenceRequest(inputs: inputs, outputs: outputs), form: form)
        } catch {
            throw error.within(form == .row ? "instances" : "inputs")
        }
    }

    private mutating func readMember() throws(JSONProblem) {
        let place = cursor.offset
        let key = try cursor.key()
        if key.equals("instances") {
            try keys.insert(.instances, "instances", at: place)
            try choose(.row, at: place)
            do { try readInstances() } catch { throw error.within("instances") }
        } else if key.equals("inputs") {
            try keys.insert(.inputs, "inputs", at: place)
            try choose(.column, at: place)
            do { try readColumns() } catch { throw error.within("inputs") }
        } else if key.equals("signature_name") {
            try keys.insert(.signatureName, "signature_name", at: place)
            if !cursor.null() { try readSignatureName() }
        } else {
            try cursor.skipValue(depth: 1)
        }
    }

    private mutating func choose(_ new: TFServingRequest.Form, at place: Int) throws(JSONProblem) {
        guard form == nil else {
            throw JSONProblem("a request has either 'instances' or 'inputs', not both", at: place)
        }
        form = new
    }

    private mutating func readSignatureName() throws(JSONProblem) {
        do throws(JSONProblem) {
            let place = (cursor.next(), cursor.offset).1
            let name = try cursor.string()
            guard name.equals("serving_default") || name.decodedCount == 0 else {
                throw JSONProblem(
                    "there is no signature '\(name.string.prefix(128))'; a model here has the one called "
                        + "'serving_default'", at: place)
            }
        } catch {
            throw error.within("signature_name")
        }
    }

    // MARK: Row form

    mutating func readInstances() throws(JSONProblem) {
        let place = (cursor.next(), cursor.offset).1
        var probe = cursor
        guard try probe.openList() else { throw JSONProblem("the list of instances is empty", at: place) }
        guard probe.next() == UInt8(ascii: "{"), !isBase64(probe) else {
            return try tensors[singleInput(at: place)].readValue(&cursor, level: 0)
        }
        cursor = probe
        var count = 0
        do throws(JSONProblem) {
            repeat {
                try readInstance(count)
                count += 1
            } while try cursor.listContinues()
        } catch {
            throw error.within("[\(count)]")
        }
        for index in tensors.indices where tensors[index].rows > 0 { tensors[index].dimensions[0] = count }
    }

    private mutating func readInstance(_ number: Int) throws(JSONProblem) {
        let place = (cursor.next(), cursor.offset).1
        if try cursor.openObject() {
            repeat {
                let index = try readName(rows: number)
                if number == 0 { tensors[index].beginRows() }
                do {
                    try tensors[index].readValue(&cursor, level: 1)
                } catch {
                    throw error.within(signature.inputs[index].name)
                }
                tensors[index].rows += 1
            } while try cursor.objectContinues()
        }
        for index in tensors.indices where tensors[index].rows <= number {
            guard signature.inputs[index].isOptional, number == 0 || tensors[index].rows == 0 else {
                throw JSONProblem("this instance lacks the input '\(signature.inputs[index].name)'", at: place)
            }
        }
    }

    // MARK: Column form

    mutating func readColumns() throws(JSONProblem) {
        let place = (cursor.next(), cursor.offset).1
        guard cursor.next() == UInt8(ascii: "{"), !isBase64(cursor) else {
            return try tensors[singleInput(at: place)].readValue(&cursor, level: 0)
        }
        guard try cursor.openObject() else { return }
        repeat {
            let index = try readName(rows: 0)
            do {
                try tensors[index].readValue(&cursor, level: 0)
            } catch {
                throw error.within(signature.inputs[index].name)
            }
            tensors[index].rows = 1
        } while try cursor.objectContinues()
    }

    // MARK: Both

    /// The index of the input whose name is the next key; `rows` of it must have come before.
    private mutating func readName(rows: Int) throws(JSONProblem) -> Int {
        let place = (cursor.next(), cursor.offset).1
        let name = try cursor.key()
        let index: Int
        do {
            index = try SignatureCheck.index(of: name, in: signature.inputs, "input")
        } catch {
            throw error.at(place)
        }
        let found = tensors[index].rows
        guard found <= rows else {
            throw JSONProblem("the input '\(signature.inputs[index].name)' is given twice", at: place)
        }
        guard found == rows else {
            throw JSONProblem(
                "the input '\(signature.inputs[index].name)' must be in every instance or in none", at: place)
        }
        return index
    }

    /// A value without a name is the one input that must be given.
    private func singleInput(at place: Int) throws(JSONProblem) -> Int {
        if signature.inputs.count == 1 { return 0 }
        let required = signature.inputs.indices.filter { !signature.inputs[$0].isOptional }
        guard required.count == 1, let index = required.first else {
            let names = SignatureCheck.listed(signature.inputs.map(\.name))
            throw JSONProblem("the model has several inputs (\(names)): give an object with their names", at: place)
        }
        return index
    }

    /// Whether the object here is a `{"b64": "..."}`, one value, rather than values by name.
    private func isBase64(_ cursor: JSONCursor) -> Bool {
        guard let index = try? singleInput(at: 0), signature.inputs[index].elementType == .bytes else { return false }
        var probe = cursor
        guard (try? probe.openObject()) == true, let key = try? probe.key() else { return false }
        return key.equals("b64")
    }

    func finishedInputs() throws(JSONProblem) -> [Tensor] {
        var inputs: [Tensor] = []
        inputs.reserveCapacity(tensors.count)
        var given = IndexSet64()
        for index in tensors.indices where tensors[index].hasValue {
            inputs.append(try tensors[index].finished())
            _ = given.insert(index)
        }
        try SignatureCheck.complete(given, signature)
        return inputs
    }
}
