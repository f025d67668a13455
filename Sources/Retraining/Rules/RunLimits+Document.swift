import Documents
import Journal

extension RunLimits {
    init(_ fields: inout DocumentFields) throws(ControlError) {
        self.init()
        for (name, path, range) in Self.members {
            if let value = try fields.whole(name, in: range) { self[keyPath: path] = value }
        }
    }

    var document: DocumentValue {
        .mapping(Dictionary(uniqueKeysWithValues: Self.members.map { ($0.name, .whole(self[keyPath: $0.path])) }))
    }

    private static var members: [(name: String, path: WritableKeyPath<RunLimits, Int>, range: ClosedRange<Int>)] {
        [
            ("minutes", \.minutes, 1...10_080), ("memoryMB", \.memoryMB, 16...(1 << 24)),
            ("logMB", \.logMB, 1...1024), ("fileMB", \.fileMB, 1...(1 << 24)),
            ("openFiles", \.openFiles, 16...1_000_000), ("processes", \.processes, 1...10_000),
        ]
    }
}

extension DocumentFields {
    /// A length of time: a number with a unit (`90s`, `2m`, `1h`, `7d`), or seconds.
    mutating func period(_ name: String, in range: ClosedRange<Int>) throws(ControlError) -> Int? {
        guard let value = value(name) else { return nil }
        let seconds: Int? =
            switch value {
            case .whole(let number): number
            case .text(let text): Self.seconds(text)
            default: nil
            }
        guard let seconds else { throw refusal(name, "is no length of time", hint: "as 90s, 2m, 1h or 7d") }
        guard range.contains(seconds) else {
            throw refusal(
                name, "is \(seconds) seconds", hint: "from \(range.lowerBound) to \(range.upperBound) seconds")
        }
        return seconds
    }

    private static func seconds(_ text: String) -> Int? {
        let units = ["s": 1, "m": 60, "h": 3600, "d": 86_400]
        guard let unit = text.last.flatMap({ units[String($0)] }), let count = Int(text.dropLast()), count >= 0
        else { return nil }
        let (seconds, overflow) = count.multipliedReportingOverflow(by: unit)
        return overflow ? nil : seconds
    }
}
