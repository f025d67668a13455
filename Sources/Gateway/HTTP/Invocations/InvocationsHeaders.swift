import InferenceProtocol
import Journal

/// What the headers of a scoring request say of its body, and of the answer's.
struct InvocationsHeaders: Sendable, Hashable {
    var form = InvocationsForm.json
    var answer = InvocationsAnswer.json

    init() {}

    /// - Parameters:
    ///   - contentType: as it stands in the head; JSON where it is absent.
    ///   - accept: of what it names, the first that can be written is; JSON where that is nothing.
    /// - Throws: 415 for a body of another type.
    init(contentType: String?, accept: String?) throws(HTTPFault) {
        if let contentType { form = try Self.form(contentType) }
        for range in (accept ?? "").split(separator: ",") {
            switch Self.parts(range).type {
            case "text/csv": answer = .csv
            case "application/json", "application/*", "*/*": answer = .json
            default: continue
            }
            break
        }
    }

    private static func form(_ text: String) throws(HTTPFault) -> InvocationsForm {
        let (type, parameters) = parts(text[...])
        if let charset = parameters["charset"], charset != "utf-8", charset != "us-ascii" {
            throw HTTPFault(.unsupportedMediaType, "the body must be UTF-8, not '\(Name.excerpt(of: charset))'")
        }
        switch type {
        case "", "application/json": return .json
        case "text/csv":
            // The parameter of RFC 4180.
            switch parameters["header"] {
            case nil: return .csv(header: nil)
            case "present": return .csv(header: true)
            case "absent": return .csv(header: false)
            case let other?:
                throw HTTPFault(
                    .unsupportedMediaType,
                    "the parameter 'header' of text/csv is present or absent, not '\(Name.excerpt(of: other))'")
            }
        default:
            throw HTTPFault(
                .unsupportedMediaType,
                "a body of type '\(Name.excerpt(of: type))' is not taken here: send application/json or text/csv, and say so "
                    + "in the header Content-Type")
        }
    }

    /// The type and its parameters, in lower case.
    private static func parts(_ text: Substring) -> (type: String, parameters: [String: String]) {
        var parameters: [String: String] = [:]
        let pieces = text.split(separator: ";", omittingEmptySubsequences: false).map(bare)
        for piece in pieces.dropFirst() {
            let pair = piece.split(separator: "=", maxSplits: 1)
            guard pair.count == 2 else { continue }
            parameters[bare(pair[0])] = bare(pair[1]).replacing("\"", with: "")
        }
        return (pieces.first ?? "", parameters)
    }

    private static func bare(_ text: Substring) -> String {
        let isBlank: (Character) -> Bool = { $0 == " " || $0 == "\t" }
        return String(text.drop(while: isBlank).reversed().drop(while: isBlank).reversed()).lowercased()
    }
}
