import Foundation
import Journal
import Logging

/// Writes each message as one JSON object on a line: `time` (RFC 3339 in UTC), `level`, `message`, then its metadata by
/// their own names, which have dots in them.
struct JSONLogHandler: LogHandler {
    var logLevel = Logger.Level.info
    var metadata: Logger.Metadata = [:]
    var metadataProvider: Logger.MetadataProvider?
    private let clock: any WallClock
    private let take: @Sendable ([UInt8]) -> Void

    /// - Parameter take: takes one whole line at a time.
    init(
        clock: any WallClock = SystemClock(),
        take: @escaping @Sendable ([UInt8]) -> Void = { bytes in
            // With one call, so that lines of several threads do not mix; one that cannot be written is lost.
            _ = bytes.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
        }
    ) {
        self.clock = clock
        self.take = take
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var all = metadata
        if let provided = metadataProvider?.get() { all.merge(provided) { _, new in new } }
        if let own = event.metadata { all.merge(own) { _, new in new } }
        take(Array(line(event.level, "\(event.message)", all).utf8))
    }

    private func line(_ level: Logger.Level, _ message: String, _ metadata: Logger.Metadata) -> String {
        var line = "{\"time\":\"\(Timestamp(microseconds: clock.now))\",\"level\":\"\(level.rawValue)\",\"message\":"
        Self.append(message, to: &line)
        for (name, value) in metadata.sorted(by: { $0.key < $1.key }) {
            line += ","
            Self.append(name, to: &line)
            line += ":"
            Self.append("\(value)", to: &line)
        }
        return line + "}\n"
    }

    /// In quotes; control characters, quotes and backslashes are escaped (RFC 8259, section 7).
    private static func append(_ text: String, to line: inout String) {
        line += "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": line += "\\\""
            case "\\": line += "\\\\"
            case "\n": line += "\\n"
            case "\t": line += "\\t"
            case "\r": line += "\\r"
            case "\u{0}"..<" ":
                let digits = String(scalar.value, radix: 16)
                line += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: line.unicodeScalars.append(scalar)
            }
        }
        line += "\""
    }
}
