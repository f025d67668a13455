/// How finely a stretch of time is kept, and for how long.
package enum SeriesLevel: Int, Sendable, CaseIterable {
    case seconds = 1
    case minutes = 60
    case hours = 3600

    /// Seconds that one frame stands for.
    package var unit: Int { rawValue }

    /// Seconds for which frames are kept.
    package var keep: Int {
        switch self {
        case .seconds: 3600
        case .minutes: 86_400
        case .hours: 366 * 86_400
        }
    }

    /// Bytes of all its files for one endpoint. With more to write than fits, the oldest go early.
    package var bytes: Int {
        switch self {
        case .seconds: 4 << 20
        case .minutes: 2 << 20
        case .hours: 8 << 20
        }
    }

    /// Bytes and seconds after which a file is closed: files go as a whole.
    var segmentBytes: Int { bytes / 16 }
    var segmentSeconds: Int { keep / 12 }

    var word: String {
        switch self {
        case .seconds: "seconds"
        case .minutes: "minutes"
        case .hours: "hours"
        }
    }

    /// The moment at which the frame with `time` begins; both in seconds since 1970.
    package func start(of time: Int) -> Int {
        let rest = time % unit
        return rest < 0 ? time - rest - unit : time - rest
    }
}
