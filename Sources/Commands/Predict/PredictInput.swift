#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What `predict` was given, by its own form.
enum PredictInput: Sendable, Hashable {
    /// An Open Inference Protocol request, sent as it is.
    case openInference([UInt8])
    /// A TensorFlow Serving request, sent as it is.
    case tensorFlow([UInt8])
    /// Rows that still have to be matched to the model's inputs.
    case rows(Rows)

    /// - Parameter source: what to call it in messages: the file's name, `standard input`, `--data`.
    init(_ bytes: [UInt8], source: String) throws(Failure) {
        let blanks = [UInt8(ascii: " "), UInt8(ascii: "\n"), UInt8(ascii: "\r"), UInt8(ascii: "\t")]
        let text = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes.dropFirst(3) : bytes[...]
        switch text.first(where: { !blanks.contains($0) }) {
        case nil:
            throw Failure("\(source) is empty", hint: "give JSON, or CSV whose first line names the columns")
        case UInt8(ascii: "{"): self = try Self.object(Array(text), source)
        case UInt8(ascii: "["): self = try Self.array(Array(text), source)
        default:
            guard source != InputSource.dataName else {
                throw Failure("\(source) takes JSON: rows like [[1, 2], [3, 4]], or a whole request", code: .usage)
            }
            guard let csv = String(validating: text, as: UTF8.self) else {
                throw Failure("\(source) is neither JSON nor CSV: it is not UTF-8 text")
            }
            self = .rows(try Rows(csv: csv, source: source))
        }
    }

    private static func object(_ bytes: [UInt8], _ source: String) throws(Failure) -> PredictInput {
        switch try decode(Outline.self, bytes, source).form {
        case .openInference: return .openInference(bytes)
        case .tensorFlow: return .tensorFlow(bytes)
        case .neither:
            throw Failure(
                "\(source) is JSON, but no form of request that is known",
                hint: "use {\"inputs\": [...]}, {\"instances\": [...]}, or just the rows: [[1, 2], [3, 4]]")
        }
    }

    private static func array(_ bytes: [UInt8], _ source: String) throws(Failure) -> PredictInput {
        let items = try decode([JSONValue].self, bytes, source)
        guard let first = items.first else {
            throw Failure("\(source) is an empty array", hint: "give at least one row: [[1, 2, 3]]")
        }
        var rows: Rows? = nil
        if case .object(let members) = first {
            rows = try objects(items, columns: members.keys.sorted(), source)
        } else {
            rows = try arrays(items, source)
        }
        // Rows with arrays in them: images, tokens, several inputs. The server's row form takes those.
        return rows.map { .rows($0) } ?? .tensorFlow(Array(#"{"instances":"#.utf8) + bytes + [UInt8(ascii: "}")])
    }

    /// `nil` when a value is no plain cell.
    private static func objects(
        _ items: [JSONValue], columns: [String], _ source: String
    ) throws(Failure) -> Rows? {
        var cells: [[String]] = []
        for (index, item) in items.enumerated() {
            guard case .object(let members) = item, members.keys.sorted() == columns else {
                throw Failure(
                    "\(source): row \(index + 1) has other names than row 1",
                    hint: "every row needs \(columns.joined(separator: ", "))")
            }
            let row = columns.compactMap { members[$0]?.cell }
            guard row.count == columns.count else { return nil }
            cells.append(row)
        }
        return Rows(columns: columns, cells: cells)
    }

    private static func arrays(_ items: [JSONValue], _ source: String) throws(Failure) -> Rows? {
        var cells: [[String]] = []
        for (index, item) in items.enumerated() {
            let row: [String]
            if case .array(let values) = item {
                row = values.compactMap(\.cell)
                guard row.count == values.count else { return nil }
            } else if let cell = item.cell {
                row = [cell]
            } else {
                throw Failure("\(source): row \(index + 1) is an object, row 1 is not")
            }
            guard row.count == cells.first?.count ?? row.count else {
                throw Failure(
                    "\(source): row \(index + 1) has \(row.count) values, row 1 has \(cells.first?.count ?? 0)")
            }
            cells.append(row)
        }
        // `[1, 2, 3]` is three rows of one value; who means one row of three is told so by the count check.
        return Rows(columns: nil, cells: cells)
    }

    private static func decode<Value: Decodable>(
        _ type: Value.Type, _ bytes: [UInt8], _ source: String
    ) throws(Failure) -> Value {
        do {
            return try JSONDecoder().decode(type, from: Data(bytes))
        } catch {
            let fault = JSONFault.find(in: bytes).map { ": line \($0.line), column \($0.column): \($0.problem)" }
            throw Failure("\(source) is not valid JSON\(fault ?? "")")
        }
    }
}

/// The top of a request, read without its data.
private struct Outline: Decodable {
    enum Form { case openInference, tensorFlow, neither }
    let form: Form

    private enum Key: String, CodingKey { case inputs, instances, name, datatype, shape }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        if container.contains(.instances) {
            form = .tensorFlow
        } else if container.contains(.inputs) {
            // Open Inference has a list of tensors here; TensorFlow Serving an object or bare values.
            var list = try? container.nestedUnkeyedContainer(forKey: .inputs)
            let tensor = try? list?.nestedContainer(keyedBy: Key.self)
            form = tensor.map { $0.contains(.name) || $0.contains(.datatype) } == true ? .openInference : .tensorFlow
        } else {
            form = .neither
        }
    }
}
