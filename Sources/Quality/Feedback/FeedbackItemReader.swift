import InferenceProtocol
import Journal
import Serving

/// Reads one item of feedback as JSON. What is no JSON throws; an item that says something else than it must is refused by
/// itself, and what comes behind it is read all the same.
struct FeedbackItemReader {
    /// Rows of one prediction: more do not fit into a row of the ledger.
    static let mostRows = 65_536
    private static let members = ["prediction", "request_id", "key", "truth", "at"]

    private let place: Int
    private var subject: FeedbackItem.Subject?
    private var subjects = 0
    private var truth: [String?]?
    private var at: Int?
    private var problem: String?

    private init(place: Int) { self.place = place }

    /// The item that begins here.
    static func read(
        _ cursor: inout JSONCursor, place: Int
    ) throws(JSONProblem) -> Result<FeedbackItem, FeedbackProblem> {
        var reader = FeedbackItemReader(place: place)
        guard cursor.next() == UInt8(ascii: "{") else {
            try cursor.skipValue()
            return .failure(FeedbackProblem("it is no object: {\"prediction\": \"...\", \"truth\": ...}"))
        }
        if try cursor.openObject() {
            repeat { try reader.member(&cursor) } while try cursor.objectContinues()
        }
        return reader.result
    }

    private var result: Result<FeedbackItem, FeedbackProblem> {
        if let problem { return .failure(FeedbackProblem(problem)) }
        guard let subject, subjects == 1 else {
            return .failure(
                FeedbackProblem("it needs exactly one of 'prediction', 'request_id' and 'key', and has \(subjects)"))
        }
        guard let truth else { return .failure(FeedbackProblem("'truth' is missing")) }
        guard truth.contains(where: { $0 != nil }) else {
            return .failure(FeedbackProblem("'truth' is null: send it once it is known"))
        }
        return .success(FeedbackItem(place: place, subject: subject, truth: truth, at: at))
    }

    private mutating func member(_ cursor: inout JSONCursor) throws(JSONProblem) {
        let key = try cursor.key()
        if key.equals("prediction") {
            subjects += 1
            guard let text = try text(&cursor, "prediction") else { return }
            guard let id = PredictionID(text) else {
                return refuse("'prediction' must be 32 hexadecimal digits, got '\(Name.excerpt(of: text))'")
            }
            subject = .prediction(id)
        } else if key.equals("request_id") {
            subjects += 1
            if let text = try text(&cursor, "request_id") { subject = .request(text) }
        } else if key.equals("key") {
            subjects += 1
            if let text = try value(&cursor, "key") { subject = .key(text) } else { refuse("'key' is null") }
        } else if key.equals("truth") {
            try readTruth(&cursor)
        } else if key.equals("at") {
            guard let text = try text(&cursor, "at") else { return }
            guard let moment = Timestamp(text) else {
                return refuse("'at' must be a moment in UTC as 2026-03-01T09:30:00Z, got '\(Name.excerpt(of: text))'")
            }
            at = moment.microseconds
        } else {
            let name = key.string
            let near = NameSuggestion.nearest(to: name, among: Self.members).map { ": did you mean '\($0)'?" } ?? ""
            refuse("'\(Name.excerpt(of: name))' means nothing here" + near)
            try cursor.skipValue()
        }
    }

    private mutating func readTruth(_ cursor: inout JSONCursor) throws(JSONProblem) {
        guard cursor.next() == UInt8(ascii: "[") else {
            truth = [try value(&cursor, "truth")]
            return
        }
        var rows: [String?] = []
        if try cursor.openList() {
            repeat {
                let row = try value(&cursor, "truth")
                if rows.count < Self.mostRows { rows.append(row) } else { refuse("'truth' has too many rows") }
            } while try cursor.listContinues()
        }
        truth = rows
    }

    /// The first thing that is wrong with it is said.
    private mutating func refuse(_ reason: String) { if problem == nil { problem = reason } }

    private mutating func text(_ cursor: inout JSONCursor, _ name: StaticString) throws(JSONProblem) -> String? {
        guard cursor.next() == UInt8(ascii: "\"") else {
            refuse("'\(name)' must be a text")
            try cursor.skipValue()
            return nil
        }
        let text = try cursor.string()
        guard text.bytes.count <= TruthText.longest else {
            refuse("'\(name)' has more than \(TruthText.longest) bytes")
            return nil
        }
        return text.string
    }

    /// A class or a number as text; `nil` for null.
    private mutating func value(_ cursor: inout JSONCursor, _ name: StaticString) throws(JSONProblem) -> String? {
        switch cursor.next() {
        case UInt8(ascii: "\""): return try text(&cursor, name)
        case UInt8(ascii: "t"), UInt8(ascii: "f"): return try cursor.bool() ? "true" : "false"
        case UInt8(ascii: "n"):
            guard cursor.null() else { throw cursor.expected("a value") }
            return nil
        case UInt8(ascii: "["), UInt8(ascii: "{"):
            refuse("'\(name)' must be a text, a number, true or false")
            try cursor.skipValue()
            return nil
        default:
            let number = try cursor.numberText()
            guard let text = TruthText.name(ofNumber: number) else {
                refuse("'\(name)' has a number that is too large")
                return nil
            }
            return text
        }
    }
}

/// Why an item is refused.
struct FeedbackProblem: Error {
    let reason: String

    init(_ reason: String) { self.reason = reason }
}
