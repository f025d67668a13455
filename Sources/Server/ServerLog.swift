import Logging

/// The log of the server's processes: one line each on standard error.
struct ServerLog {
    let logger: Logger

    init(level: String) {
        var logger = Logger(label: "slipway") { label in StreamLogHandler.standardError(label: label) }
        logger.logLevel = Logger.Level(rawValue: level) ?? .info
        self.logger = logger
    }
}
