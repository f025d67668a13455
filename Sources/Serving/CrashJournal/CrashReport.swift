/// One native crash and the model that the crashing thread was busy with.
///
/// As text, in the file that the signal handler writes and in the one that remembers: lines of a name, a space and a
/// value, between `crash` and `end`. No value holds a line feed: names of spaces and endpoints cannot.
package struct CrashReport: Sendable, Hashable {
    package enum Phase: String, Sendable, Hashable {
        case load, run
    }

    /// The signal that ended the process.
    package var signal: Int
    /// Seconds since 1970.
    package var at: Int
    package var phase: Phase
    package var space: String
    package var endpoint: String
    package var revision: Int
    /// Of the version whose bytes were loaded or ran.
    package var digest: String

    package init(
        signal: Int, at: Int, phase: Phase, space: String, endpoint: String, revision: Int, digest: String
    ) {
        self.signal = signal
        self.at = at
        self.phase = phase
        self.space = space
        self.endpoint = endpoint
        self.revision = revision
        self.digest = digest
    }

    /// The lines that are known before anything crashes.
    static func subjectLines(space: String, endpoint: String, revision: Int, digest: String) -> String {
        "space \(space)\nendpoint \(endpoint)\nrevision \(revision)\ndigest \(digest)\n"
    }

    var text: String {
        "crash\nsignal \(signal)\nat \(at)\nphase \(phase.rawValue)\n"
            + Self.subjectLines(space: space, endpoint: endpoint, revision: revision, digest: digest) + "end\n"
    }

    /// All whole reports in `text`; what is cut off or not understood is left out.
    static func read(_ text: String) -> [CrashReport] {
        var reports: [CrashReport] = []
        var values: [Substring: Substring]?
        for line in text.split(separator: "\n") {
            switch line {
            case "crash": values = [:]
            case "end":
                if let report = values.flatMap(CrashReport.init) { reports.append(report) }
                values = nil
            default:
                guard let space = line.firstIndex(of: " ") else { continue }
                values?[line[..<space]] = line[line.index(after: space)...]
            }
        }
        return reports
    }

    private init?(_ values: [Substring: Substring]) {
        guard let signal = values["signal"].flatMap({ Int($0) }), let at = values["at"].flatMap({ Int($0) }),
            let phase = values["phase"].flatMap({ Phase(rawValue: String($0)) }), let space = values["space"],
            let endpoint = values["endpoint"], let revision = values["revision"].flatMap({ Int($0) }),
            let digest = values["digest"]
        else { return nil }
        self.init(
            signal: signal, at: at, phase: phase, space: String(space), endpoint: String(endpoint),
            revision: revision, digest: String(digest))
    }
}
