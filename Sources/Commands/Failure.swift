import SlipwayClient

/// Why a command stops: what is wrong and where, what to do next, and the exit code that says so to scripts.
struct Failure: Error, Sendable, Hashable {
    enum Code: Int32, Sendable {
        case failed = 1
        case usage = 64
        case unreachable = 69
        case configuration = 78
    }

    var message: String
    var hint: String?
    var code: Code

    init(_ message: String, hint: String? = nil, code: Code = .failed) {
        self.message = message
        self.hint = hint
        self.code = code
    }

    init(_ error: ClientError) {
        let code: Code =
            switch error {
            case .badAddress, .badInput: .usage
            case .unreachable, .connectionLost, .timedOut: .unreachable
            case .badCertificate: .configuration
            case .cancelled, .refused, .unexpectedAnswer, .file: .failed
            }
        self.init(error.message, hint: error.hint, code: code)
    }

    /// `error: ...` and, on a line of its own, `hint: ...`.
    func text(emphasis: Emphasis) -> String {
        var text = emphasis.alarm("error:") + " " + message
        if let hint { text += "\n" + emphasis.strong(" hint:") + " " + hint }
        return text
    }
}

extension Failure: CustomStringConvertible {
    /// In one line, for messages of the argument parser.
    var description: String { hint.map { "\(message); \($0)" } ?? message }
}
