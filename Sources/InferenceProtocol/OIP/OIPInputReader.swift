import Tensors

/// What one element of `inputs` has said about itself so far.
struct OIPInput {
    var name: JSONText?
    var datatype: JSONText?
    var shape: Shape?
    /// Where `data` begins, when it came before the rest and must be returned to.
    var dataPlace: UnsafePointer<UInt8>?
    var storage: TensorStorage?
    var binarySize: Int?
    var keys = SeenKeys()
    /// Index into the signature's inputs, once it is checked.
    var index: Int?
}

extension OIPRequestReader {
    mutating func readInput() throws(JSONProblem) {
        let place = (cursor.next(), cursor.offset).1
        var input = OIPInput()
        if try cursor.openObject() {
            repeat { try readInputMember(&input) } while try cursor.objectContinues()
        }
        let index = if let known = input.index { known } else { try check(input, at: place) }
        guard let shape = input.shape else { throw JSONProblem("an input needs a 'shape'", at: place) }
        let spec = signature.inputs[index]
        let storage: TensorStorage
        if let size = input.binarySize {
            guard !input.keys.contains(.data) else {
                throw JSONProblem("an input has either 'data' or 'binary_data_size', not both", at: place)
            }
            storage = try takeBinary(size, spec, shape)
        } else if let decoded = input.storage {
            storage = decoded
        } else if let dataPlace = input.dataPlace {
            var earlier = cursor
            earlier.at = dataPlace
            storage = try readData(&earlier, spec.elementType, shape)
        } else {
            throw JSONProblem("an input needs 'data', or 'binary_data_size' in its parameters", at: place)
        }
        guard given.insert(index) else { throw JSONProblem("the input '\(spec.name)' is given twice", at: place) }
        let tensor = Tensor(checkedName: spec.name, elementType: spec.elementType, shape: shape, storage: storage)
        inputs.insert(tensor, at: given.countBelow(index))
    }

    private mutating func readInputMember(_ input: inout OIPInput) throws(JSONProblem) {
        let place = cursor.offset
        let key = try cursor.key()
        if key.equals("name") {
            try input.keys.insert(.name, "name", at: place)
            input.name = try field("name") { (cursor) throws(JSONProblem) in try cursor.string() }
        } else if key.equals("shape") {
            try input.keys.insert(.shape, "shape", at: place)
            input.shape = try readShape()
        } else if key.equals("datatype") {
            try input.keys.insert(.datatype, "datatype", at: place)
            input.datatype = try field("datatype") { (cursor) throws(JSONProblem) in try cursor.string() }
        } else if key.equals("data") {
            try input.keys.insert(.data, "data", at: place)
            try readOrRememberData(&input)
        } else if key.equals("parameters") {
            try input.keys.insert(.parameters, "parameters", at: place)
            if !cursor.null() { input.binarySize = try readInputParameters() }
        } else {
            try cursor.skipValue(depth: 3)
        }
    }

    private mutating func readOrRememberData(_ input: inout OIPInput) throws(JSONProblem) {
        if let shape = input.shape, input.name != nil, input.datatype != nil {
            let index = try check(input, at: cursor.offset)
            input.index = index
            input.storage = try readData(&cursor, signature.inputs[index].elementType, shape)
        } else {
            _ = cursor.next()
            input.dataPlace = cursor.at
            try field("data") { (cursor) throws(JSONProblem) in try cursor.skipValue(depth: 3) }
        }
    }

    /// The index of the spec that the input's name, type and shape agree with.
    private func check(_ input: OIPInput, at place: Int) throws(JSONProblem) -> Int {
        guard let name = input.name else { throw JSONProblem("an input needs a 'name'", at: place) }
        guard let datatype = input.datatype else { throw JSONProblem("an input needs a 'datatype'", at: place) }
        guard let shape = input.shape else { throw JSONProblem("an input needs a 'shape'", at: place) }
        let index: Int
        do throws(JSONProblem) {
            index = try SignatureCheck.index(of: name, in: signature.inputs, "input")
        } catch {
            throw error.at(cursor.offset(of: name)).within("name")
        }
        let spec = signature.inputs[index]
        guard datatype.equals(spec.elementType.rawValue) else {
            throw SignatureCheck.typeDisagrees(datatype.string, spec).at(cursor.offset(of: datatype)).within("datatype")
        }
        do throws(JSONProblem) {
            try SignatureCheck.shape(shape, fits: spec)
        } catch {
            throw error.at(place).within("shape")
        }
        return index
    }

    private mutating func readShape() throws(JSONProblem) -> Shape {
        var index: Int? = nil
        do throws(JSONProblem) {
            let place = (cursor.next(), cursor.offset).1
            guard try cursor.openList() else { return .scalar }
            var dimensions: [Int] = []
            dimensions.reserveCapacity(4)
            index = 0
            repeat {
                guard dimensions.count < JSONCursor.depthLimit else {
                    throw JSONProblem("a shape has at most \(JSONCursor.depthLimit) dimensions", at: place)
                }
                dimensions.append(try cursor.count())
                index = dimensions.count
            } while try cursor.listContinues()
            index = nil
            do { return try Shape(dimensions) } catch { throw JSONProblem("\(error)", at: place) }
        } catch {
            throw (index.map { error.within("[\($0)]") } ?? error).within("shape")
        }
    }

    /// `binary_data_size`, when it is there.
    private mutating func readInputParameters() throws(JSONProblem) -> Int? {
        var size: Int?
        do throws(JSONProblem) {
            guard try cursor.openObject() else { return nil }
            repeat {
                if try cursor.key().equals("binary_data_size") {
                    size = try field("binary_data_size") { (cursor) throws(JSONProblem) in try cursor.count() }
                } else {
                    try cursor.skipValue(depth: 4)
                }
            } while try cursor.objectContinues()
        } catch {
            throw error.within("parameters")
        }
        return size
    }

    private mutating func takeBinary(
        _ size: Int, _ spec: TensorSpec, _ shape: Shape
    ) throws(JSONProblem) -> TensorStorage {
        do throws(JSONProblem) {
            guard binary != nil, let storage = try binary?.take(size, spec.elementType, shape) else {
                throw JSONProblem("a binary tensor needs the header Inference-Header-Content-Length")
            }
            return storage
        } catch {
            throw error.within("parameters.binary_data_size")
        }
    }

    private func readData(
        _ cursor: inout JSONCursor, _ type: ElementType, _ shape: Shape
    ) throws(JSONProblem) -> TensorStorage {
        do throws(JSONProblem) {
            return try JSONTensorData.read(&cursor, type, shape)
        } catch {
            throw error.within("data")
        }
    }
}
