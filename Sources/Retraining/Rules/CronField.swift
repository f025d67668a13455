import Journal

/// One of the five fields of a schedule, as the set of its values.
struct CronField: Sendable, Hashable {
    let name: String
    let range: ClosedRange<Int>
    /// Words for values, in lower case: `jan`, `mon`.
    var words: [String: Int] = [:]

    static let minute = CronField(name: "minute", range: 0...59)
    static let hour = CronField(name: "hour", range: 0...23)
    static let day = CronField(name: "day of the month", range: 1...31)
    static let month = CronField(
        name: "month", range: 1...12,
        words: numbered(["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], from: 1))
    /// 0 and 7 are both Sunday.
    static let weekday = CronField(
        name: "day of the week", range: 0...7,
        words: numbered(["sun", "mon", "tue", "wed", "thu", "fri", "sat"], from: 0))

    private static func numbered(_ words: [String], from first: Int) -> [String: Int] {
        Dictionary(uniqueKeysWithValues: words.enumerated().map { ($1, $0 + first) })
    }

    /// Bit n is set where n is meant: `*`, `5`, `1-5`, `*/10`, `10-30/5`, and several of them with commas between.
    func values(_ text: Substring) throws(ControlError) -> UInt64 {
        var bits: UInt64 = 0
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let (span, step) = try span(of: part)
            var value = span.lowerBound
            while value <= span.upperBound {
                bits |= 1 << UInt64(value)
                value += step
            }
        }
        return bits
    }

    private func span(of part: Substring) throws(ControlError) -> (ClosedRange<Int>, step: Int) {
        let pieces = part.split(separator: "/", omittingEmptySubsequences: false)
        guard pieces.count <= 2, let first = pieces.first else { throw refusal(part) }
        var step = 1
        if pieces.count == 2 {
            guard let number = Int(pieces[1]), (1...range.upperBound + 1).contains(number) else { throw refusal(part) }
            step = number
        }
        if first == "*" { return (range, step) }
        let ends = first.split(separator: "-", omittingEmptySubsequences: false)
        guard let low = ends.first.flatMap(value), ends.count <= 2 else { throw refusal(part) }
        guard ends.count == 2 else {
            // `5/10` is from 5 on; a bare 5 is 5 alone.
            return (pieces.count == 2 ? low...range.upperBound : low...low, step)
        }
        guard let high = value(ends[1]), low <= high else { throw refusal(part) }
        return (low...high, step)
    }

    private func value(_ text: Substring) -> Int? {
        if let word = words[text.lowercased()] { return word }
        guard text.allSatisfy(\.isASCII), let number = Int(text), range.contains(number) else { return nil }
        return number
    }

    private func refusal(_ part: Substring) -> ControlError {
        ControlError(
            .invalid, "'\(Name.excerpt(of: String(part)))' is no \(name) of a schedule", field: "schedule",
            hint: "from \(range.lowerBound) to \(range.upperBound): 5, 1-5, 1,3,5, */10, or * for each")
    }
}
