import Tabular

/// Which columns of a file say what of a label.
struct FeedbackColumns: Sendable, Hashable {
    /// By what predictions are named.
    enum Subject: String, Sendable, Hashable, CaseIterable {
        case prediction, request, key

        /// The member of an item.
        var member: String { self == .request ? "request_id" : rawValue }
    }

    var id: String
    var subject: Subject
    var truth: String
    var at: String?

    private static let ids: [(String, Subject)] = [
        ("prediction", .prediction), ("prediction_id", .prediction), ("slipway-prediction-id", .prediction),
        ("request_id", .request), ("key", .key),
    ]
    private static let truths = ["truth", "label", "target", "actual", "outcome", "y"]

    /// - Parameters:
    ///   - names: the columns that there are.
    ///   - id: the column that somebody names, and so on; `nil` to guess.
    init(
        among names: [String], id: String?, by subject: Subject?, truth: String?, at: String?, source: String
    ) throws(Failure) {
        for (flag, name) in [("--id-column", id), ("--truth-column", truth), ("--at-column", at)] {
            guard let name, !names.contains(name) else { continue }
            throw Failure(
                "\(source) has no column '\(name)' (\(flag))",
                hint: Suggestion.hint(for: name, among: names, plural: "columns", whenNone: ""), code: .usage)
        }
        if let id {
            self.id = id
            let known = Self.ids.first { $0.0 == id }?.1
            guard let meant = subject ?? known else {
                throw Failure(
                    "what the column '\(id)' names is not clear", hint: "say it with --by prediction, request or key",
                    code: .usage)
            }
            self.subject = meant
        } else {
            let candidates = Self.ids.filter { subject == nil || $0.1 == subject }
            guard let found = candidates.first(where: { names.contains($0.0) }) else {
                throw Failure(
                    "\(source) has no column that says which predictions are meant",
                    hint: "name it with --id-column, of \(names.joined(separator: ", "))", code: .usage)
            }
            (self.id, self.subject) = found
        }
        guard let known = truth ?? Self.truths.first(where: { [id = self.id] in names.contains($0) && $0 != id }) else {
            throw Failure(
                "\(source) has no column that is known for the truth",
                hint: "name it with --truth-column, of \(names.joined(separator: ", "))", code: .usage)
        }
        self.truth = known
        self.at = at ?? (names.contains("at") ? "at" : nil)
    }

    /// One row as an item, on a line of its own; false where it has no truth yet.
    func write(_ row: RawRow, _ names: [String], into line: inout [UInt8]) -> Bool {
        func cell(_ name: String) -> RawRow.Cell? { row.cells.first { names[$0.column] == name } }
        guard let truth = cell(truth), truth.form != .null, !row.bytes(of: truth).isEmpty || truth.form == .string
        else {
            return false
        }
        line += Array("{\"\(subject.member)\":".utf8)
        // Ids are texts even where they look like numbers; a key may be either, and is compared by its name.
        Self.quote(cell(id).map { row.bytes(of: $0) } ?? [], into: &line)
        line += Array(",\"truth\":".utf8)
        Self.write(row.bytes(of: truth), isText: truth.form == .quoted || truth.form == .string, into: &line)
        if let at, let cell = cell(at), !row.bytes(of: cell).isEmpty {
            line += Array(",\"at\":".utf8)
            Self.quote(row.bytes(of: cell), into: &line)
        }
        line += Array("}\n".utf8)
        return true
    }

    private static func write(_ bytes: ArraySlice<UInt8>, isText: Bool, into line: inout [UInt8]) {
        let isBare = isNumber(bytes) || bytes.elementsEqual("true".utf8) || bytes.elementsEqual("false".utf8)
        if !isText, isBare { line += bytes } else { quote(bytes, into: &line) }
    }

    /// As JSON writes numbers: `007` is a name.
    private static func isNumber(_ bytes: ArraySlice<UInt8>) -> Bool {
        let digits = bytes.first == UInt8(ascii: "-") ? bytes.dropFirst() : bytes
        guard let first = digits.first, (48...57).contains(first) else { return false }
        if first == 48, let second = digits.dropFirst().first, (48...57).contains(second) { return false }
        let text = String(decoding: digits, as: UTF8.self).lowercased()
        guard !text.hasSuffix("."), !text.contains(".e"), Double(text) != nil else { return false }
        return text.utf8.allSatisfy { (48...57).contains($0) || "+-.e".utf8.contains($0) }
    }

    private static func quote(_ bytes: ArraySlice<UInt8>, into line: inout [UInt8]) {
        line.append(UInt8(ascii: "\""))
        for byte in bytes {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): line += [UInt8(ascii: "\\"), byte]
            case ..<0x20: line += Array(("\\u00" + (byte < 16 ? "0" : "") + String(byte, radix: 16)).utf8)
            default: line.append(byte)
            }
        }
        line.append(UInt8(ascii: "\""))
    }
}
