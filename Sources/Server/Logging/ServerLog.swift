import Logging

/// How lines of the log are written.
package enum LogFormat: String, Sendable, Hashable, Codable, CaseIterable {
    /// For people.
    case text
    /// One JSON object each, for programs.
    case json
}

/// The log of the server's processes: one line each on standard error.
struct ServerLog {
    let logger: Logger

    init(level: String, format: LogFormat) {
        var logger = Logger(label: "slipway") { label in
            switch format {
            case .text: StreamLogHandler.standardError(label: label)
            case .json: JSONLogHandler()
            }
        }
        logger.logLevel = Logger.Level(rawValue: level) ?? .info
        self.logger = logger
    }
}
