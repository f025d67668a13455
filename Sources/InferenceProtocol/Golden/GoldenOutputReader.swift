import Tensors

/// Reads one element of `expected`: a name and data, perhaps a shape and a datatype.
struct GoldenOutputReader {
    private var index: Int?
    private var shape: Shape?
    private var datatype: (text: JSONText, place: Int)?
    private var dataPlace: UnsafePointer<UInt8>?
    private var keys = SeenKeys()

    static func read(_ cursor: inout JSONCursor, _ signature: Signature) throws(JSONProblem) -> ExpectedOutput {
        let place = (cursor.next(), cursor.offset).1
        var output = GoldenOutputReader()
        if try cursor.openObject() {
            repeat { try output.readMember(&cursor, signature) } while try cursor.objectContinues()
        }
        guard let index = output.index else { throw JSONProblem("an expected output needs a 'name'", at: place) }
        guard let dataPlace = output.dataPlace else {
            throw JSONProblem("an expected output needs 'data'", at: place)
        }
        let spec = signature.outputs[index]
        if let datatype = output.datatype, !datatype.text.equals(spec.elementType.rawValue) {
            throw JSONProblem(
                "the model's output '\(spec.name)' is of type \(spec.elementType.rawValue), got "
                    + String(datatype.text.string.prefix(32)), at: datatype.place
            ).within("datatype")
        }
        var data = cursor
        data.at = dataPlace
        do throws(JSONProblem) {
            let shape = if let known = output.shape { known } else { try nesting(data) }
            let storage = try JSONTensorData.read(&data, spec.elementType, shape)
            let values = Tensor(
                checkedName: spec.name, elementType: spec.elementType, shape: shape, storage: storage)
            return ExpectedOutput(index: index, values: values, hasShape: output.shape != nil)
        } catch {
            throw error.within("data")
        }
    }

    private mutating func readMember(_ cursor: inout JSONCursor, _ signature: Signature) throws(JSONProblem) {
        let place = (cursor.next(), cursor.offset).1
        let key = try cursor.key()
        if key.equals("name") {
            try keys.insert(.name, "name", at: place)
            do throws(JSONProblem) {
                index = try SignatureCheck.index(of: try cursor.string(), in: signature.outputs, "output")
            } catch {
                throw error.at(place).within("name")
            }
        } else if key.equals("shape") {
            try keys.insert(.shape, "shape", at: place)
            shape = try Self.readShape(&cursor)
        } else if key.equals("datatype") {
            try keys.insert(.datatype, "datatype", at: place)
            do throws(JSONProblem) {
                datatype = (try cursor.string(), place)
            } catch {
                throw error.within("datatype")
            }
        } else if key.equals("data") {
            try keys.insert(.data, "data", at: place)
            _ = cursor.next()
            dataPlace = cursor.at
            do { try cursor.skipValue(depth: 4) } catch { throw error.within("data") }
        } else {
            throw JSONProblem(
                "an expected output has 'name', 'data', 'shape' and 'datatype', but no '\(key.string.prefix(64))'",
                at: place)
        }
    }

    private static func readShape(_ cursor: inout JSONCursor) throws(JSONProblem) -> Shape {
        let place = (cursor.next(), cursor.offset).1
        var dimensions: [Int] = []
        do throws(JSONProblem) {
            if try cursor.openList() {
                repeat {
                    guard dimensions.count < JSONCursor.depthLimit else {
                        throw JSONProblem("a shape has at most \(JSONCursor.depthLimit) dimensions", at: place)
                    }
                    dimensions.append(try cursor.count())
                } while try cursor.listContinues()
            }
            do { return try Shape(dimensions) } catch { throw JSONProblem("\(error)", at: place) }
        } catch {
            throw error.within("shape")
        }
    }

    /// The shape that data has by itself: that of its first elements, which the others must agree with.
    private static func nesting(_ data: JSONCursor) throws(JSONProblem) -> Shape {
        var dimensions: [Int] = []
        var place = data
        while place.next() == UInt8(ascii: "["), dimensions.count < JSONCursor.depthLimit {
            var counting = place
            dimensions.append(try count(&counting))
            place.at += 1
        }
        let beginning = data.offset
        do { return try Shape(dimensions) } catch { throw JSONProblem("\(error)", at: beginning) }
    }

    private static func count(_ cursor: inout JSONCursor) throws(JSONProblem) -> Int {
        guard try cursor.openList() else { return 0 }
        var count = 0
        repeat {
            try cursor.skipValue()
            count += 1
        } while try cursor.listContinues()
        return count
    }
}
