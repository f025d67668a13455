import InferenceProtocol
package import Journal

/// Reads a body of feedback, in pieces as they come: a JSON document `{"items": [...]}`, or one item a line.
///
/// Nothing is handed over before all of it was read: a body that ends in the middle, or is no JSON, changes nothing.
package struct FeedbackReader: Sendable {
    package enum Format: Sendable, Hashable {
        case document, lines
    }

    /// Bytes of one body.
    package static let largestBody = 32 << 20
    /// Items of one body: about as many as fit.
    package static let mostItems = 500_000

    private let format: Format
    private var bytes: [UInt8] = []
    private var line = 0
    private var count = 0
    package private(set) var items: [FeedbackItem] = []
    package private(set) var refusals = FeedbackReceipt()

    package init(_ format: Format) { self.format = format }

    /// The next bytes. Throws `invalid` for what is no JSON.
    package mutating func take(_ piece: UnsafeRawBufferPointer) throws(ControlError) {
        guard format == .lines else {
            bytes.append(contentsOf: piece)
            return
        }
        var rest = piece[...]
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            let part = UnsafeRawBufferPointer(rebasing: rest[..<end])
            if bytes.isEmpty {
                try readLine(part)
            } else {
                bytes.append(contentsOf: part)
                try readGathered()
            }
            rest = rest[rest.index(after: end)...]
        }
        bytes.append(contentsOf: rest)
    }

    /// The body is over.
    package mutating func finish() throws(ControlError) {
        if format == .lines { return try readGathered() }
        let all = bytes
        bytes = []
        let failure = all.withUnsafeBytes { bytes -> JSONProblem? in
            do throws(JSONProblem) {
                guard var cursor = JSONCursor(bytes) else { throw JSONProblem("the body is empty") }
                try readDocument(&cursor)
                return nil
            } catch {
                return error
            }
        }
        if let failure { throw Self.refusal(failure, line: nil) }
    }

    private mutating func readGathered() throws(ControlError) {
        let line = bytes
        bytes.removeAll(keepingCapacity: true)
        var failure: ControlError?
        line.withUnsafeBytes { bytes in
            do throws(ControlError) { try readLine(bytes) } catch { failure = error }
        }
        if let failure { throw failure }
    }

    private mutating func readLine(_ bytes: UnsafeRawBufferPointer) throws(ControlError) {
        line += 1
        guard var cursor = JSONCursor(bytes), cursor.next() != 0 else { return }
        do throws(JSONProblem) {
            try readItem(&cursor)
            try cursor.expectEnd()
        } catch {
            throw Self.refusal(error, line: line)
        }
        try checkCount()
    }

    private mutating func readDocument(_ cursor: inout JSONCursor) throws(JSONProblem) {
        var isThere = false
        if try cursor.openObject() {
            repeat {
                let key = try cursor.key()
                guard key.equals("items"), !isThere else {
                    throw JSONProblem("'\(Name.excerpt(of: key.string))' means nothing here: the body has 'items' only")
                }
                isThere = true
                guard try cursor.openList() else { continue }
                repeat {
                    try readItem(&cursor)
                    guard count <= Self.mostItems else { throw Self.tooMany }
                } while try cursor.listContinues()
            } while try cursor.objectContinues()
        }
        try cursor.expectEnd()
        guard isThere else { throw JSONProblem("'items' is missing") }
    }

    private mutating func readItem(_ cursor: inout JSONCursor) throws(JSONProblem) {
        let place = count
        count += 1
        switch try FeedbackItemReader.read(&cursor, place: place) {
        case .success(let item): items.append(item)
        case .failure(let problem): refusals.refuse(FeedbackRefusal(place: place, reason: problem.reason))
        }
    }

    private func checkCount() throws(ControlError) {
        guard count <= Self.mostItems else { throw Self.refusal(Self.tooMany, line: nil) }
    }

    private static let tooMany = JSONProblem("it has more than \(mostItems) items: send them in several requests")

    private static func refusal(_ problem: JSONProblem, line: Int?) -> ControlError {
        let place = problem.offset.map { " (at byte \($0)\(line.map { " of line \($0)" } ?? ""))" } ?? ""
        return ControlError(
            .invalid, "the body is not feedback: \(problem.sentence)\(place)",
            hint: line == nil
                ? #"{"items": [{"prediction": ID, "truth": VALUE}]}; with the content type application/x-ndjson one item a line"#
                : #"each line is one item: {"prediction": ID, "truth": VALUE}"#)
    }
}
