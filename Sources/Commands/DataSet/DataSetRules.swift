import ArgumentParser
import ManagementAPI
import SlipwayClient

struct DataSetRules: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rules",
        abstract: "Print rules for a data gate, as one version of a data set suggests them.",
        discussion: """
            Ranges with some slack, how much may be missing, categories where they are few:
            a beginning for a person to edit and to put into the policy of a space.

              slipway dataset rules customers:1 > customers-rules.yaml
            """)

    @Argument(help: "NAME or NAME:VERSION.", transform: { try VersionReference.parse($0, "data set name") })
    var dataset: VersionReference

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        try await Session.run(global) { session in
            let rules = try await session.naming(.dataSet, dataset.name) {
                try await session.client.dataSetRules(dataset.name, version: dataset.version)
            }
            if session.format == .json { return try session.printJSON(rules) }
            for line in RulesText.lines(rules) { session.console.print(line) }
        }
    }
}

/// Rules as YAML, a gate of a policy, one line for each column.
enum RulesText {
    static func lines(_ rules: DataRules) -> [String] {
        var lines = [
            "# Read out of \(rules.dataset): edit it, then put it under 'gates' of a policy.",
            "# Without 'dataset: NAME[:VERSION]' the gate checks what the candidate says it was trained on.",
            "- name: data", "  kind: data",
        ]
        if let only = rules.onlyTheseColumns { lines.append("  onlyTheseColumns: \(only)") }
        if let rows = rules.minRows { lines.append("  minRows: \(rows)") }
        if let rows = rules.maxRows { lines.append("  maxRows: \(rows)") }
        if let share = rules.maxDuplicateShare { lines.append("  maxDuplicateShare: \(number(share))") }
        lines.append("  columns:")
        return lines + rules.columns.map { "    - {\(members($0).joined(separator: ", "))}" }
    }

    private static func members(_ rule: DataColumnRule) -> [String] {
        var members = ["name: \(scalar(rule.name))"]
        if let type = rule.type { members.append("type: \(type.rawValue)") }
        if let min = rule.min { members.append("min: \(number(min))") }
        if let max = rule.max { members.append("max: \(number(max))") }
        if let share = rule.maxMissingShare { members.append("maxMissingShare: \(number(share))") }
        if let allowed = rule.allowed {
            members.append("allowed: [\(allowed.map { scalar($0) }.joined(separator: ", "))]")
        }
        return members
    }

    static func number(_ value: Double) -> String { Int(exactly: value).map { String($0) } ?? value.description }

    /// Words that YAML takes for something else than text.
    private static let special: Set<String> = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"]

    /// Bare where that can only be this text, else in double quotes, whose escapes are those of JSON.
    static func scalar(_ text: String) -> String {
        let isWord = text.utf8.allSatisfy { byte in
            (byte | 0x20 >= UInt8(ascii: "a") && byte | 0x20 <= UInt8(ascii: "z")) || byte == UInt8(ascii: "_")
                || (byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9"))
        }
        let begins = text.utf8.first.map { $0 > UInt8(ascii: "9") } ?? false
        if isWord, begins, !special.contains(text.lowercased()) { return text }
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\n": quoted += "\\n"
            case "\r": quoted += "\\r"
            case "\t": quoted += "\\t"
            case _ where scalar.properties.generalCategory == .control:
                let digits = String(scalar.value, radix: 16)
                quoted += "\\u" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}
