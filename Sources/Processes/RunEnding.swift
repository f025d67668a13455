/// How the processes of a run came to their end, as the guard writes it down: two words.
package enum RunEnding: Sendable, Hashable {
    case exited(Int)
    case signalled(Int)
    /// The command could not be started; an error number.
    case notStarted(Int)
    case outOfTime
    case outOfMemory
    case outOfDisk
    case tooManyProcesses
    /// It wrote more than its log may have.
    case talkedTooMuch
    /// Somebody asked for its end.
    case cancelled
    /// The server ended before it.
    case serverEnded
    /// The guard itself was killed.
    case guardLost

    var text: String {
        switch self {
        case .exited(let code): "exited \(code)"
        case .signalled(let signal): "signalled \(signal)"
        case .notStarted(let code): "notStarted \(code)"
        case .outOfTime: "outOfTime 0"
        case .outOfMemory: "outOfMemory 0"
        case .outOfDisk: "outOfDisk 0"
        case .tooManyProcesses: "tooManyProcesses 0"
        case .talkedTooMuch: "talkedTooMuch 0"
        case .cancelled: "cancelled 0"
        case .serverEnded: "serverEnded 0"
        case .guardLost: "guardLost 0"
        }
    }

    /// `nil` for anything else than `text` gives.
    init?(text: String) {
        let words = text.split(separator: " ")
        guard words.count == 2, let number = Int(words[1]) else { return nil }
        switch words[0] {
        case "exited": self = .exited(number)
        case "signalled": self = .signalled(number)
        case "notStarted": self = .notStarted(number)
        case "outOfTime": self = .outOfTime
        case "outOfMemory": self = .outOfMemory
        case "outOfDisk": self = .outOfDisk
        case "tooManyProcesses": self = .tooManyProcesses
        case "talkedTooMuch": self = .talkedTooMuch
        case "cancelled": self = .cancelled
        case "serverEnded": self = .serverEnded
        case "guardLost": self = .guardLost
        default: return nil
        }
    }
}
