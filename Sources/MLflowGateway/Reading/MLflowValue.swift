import InferenceProtocol
import Journal
import NIOCore

/// A JSON value as MLflow's clients send it. Whole numbers keep all their digits: times and steps have 64 bits.
enum MLflowValue: Sendable, Hashable {
    case null
    case flag(Bool)
    case whole(Int)
    case number(Double)
    case text(String)
    case list([MLflowValue])
    case object([String: MLflowValue])

    /// Lists and objects in each other; no message of MLflow's has more than four.
    private static let depthLimit = 16

    /// The body of a request: an object, or nothing.
    static func object(_ body: ByteBuffer) throws(ControlError) -> [String: MLflowValue] {
        guard body.readableBytes > 0 else { return [:] }
        let result = body.withUnsafeReadableBytes { bytes -> Result<MLflowValue, JSONProblem> in
            guard var cursor = JSONCursor(bytes) else { return .success(.object([:])) }
            do throws(JSONProblem) {
                let value = try read(&cursor, depth: 0)
                try cursor.expectEnd()
                return .success(value)
            } catch {
                return .failure(error)
            }
        }
        switch result {
        case .failure(let problem):
            throw ControlError(.invalid, "the body is not JSON: \(problem.protocolError.message)")
        case .success(.object(let members)): return members
        case .success: throw ControlError(.invalid, "the body must be a JSON object")
        }
    }

    private static func read(_ cursor: inout JSONCursor, depth: Int) throws(JSONProblem) -> MLflowValue {
        guard depth <= depthLimit else { throw cursor.expected("fewer lists and objects in each other") }
        switch cursor.next() {
        case UInt8(ascii: "{"):
            var members: [String: MLflowValue] = [:]
            var goesOn = try cursor.openObject()
            while goesOn {
                let key = try cursor.key().string
                members[key] = try read(&cursor, depth: depth + 1)
                goesOn = try cursor.objectContinues()
            }
            return .object(members)
        case UInt8(ascii: "["):
            var items: [MLflowValue] = []
            var goesOn = try cursor.openList()
            while goesOn {
                items.append(try read(&cursor, depth: depth + 1))
                goesOn = try cursor.listContinues()
            }
            return .list(items)
        case UInt8(ascii: "\""): return .text(try cursor.string().string)
        case UInt8(ascii: "t"), UInt8(ascii: "f"): return .flag(try cursor.bool())
        case UInt8(ascii: "n") where cursor.null(): return .null
        // Python's own encoder writes these for what is no number or has no end.
        case UInt8(ascii: "N"), UInt8(ascii: "I"): throw cursor.expected("a value; \"NaN\" and \"Infinity\" as texts")
        default:
            let text = String(decoding: try cursor.numberText(), as: UTF8.self)
            if let whole = Int(text) { return .whole(whole) }
            guard let number = Double(text) else { throw cursor.expected("a number") }
            return .number(number)
        }
    }

    /// What it is, for messages.
    var kind: String {
        switch self {
        case .null: "null"
        case .flag: "true or false"
        case .whole, .number: "a number"
        case .text: "a text"
        case .list: "a list"
        case .object: "an object"
        }
    }
}
