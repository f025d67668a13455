/// What the parent tells the checker, as the words of its command line.
struct CheckerSettings: Sendable, Hashable {
    var directory: String
    var modelFile: String
    var memoryBytes: Int
    var loadSeconds: Int
    var trialSeconds: Int
    /// ONNX Runtime's shared library; `nil` to search for it.
    var library: String?

    /// After this long the child is killed from outside, whatever it is doing.
    var wholeSeconds: Int {
        // Twice a trial: on made-up inputs, then on golden ones.
        let (twice, tooLong) = trialSeconds.multipliedReportingOverflow(by: 2)
        let (sum, overflow) = loadSeconds.addingReportingOverflow(twice)
        let (whole, overTheEnd) = sum.addingReportingOverflow(5)
        return tooLong || overflow || overTheEnd ? Int.max : whole
    }

    var arguments: [String] {
        [
            directory, modelFile, "--memory", "\(memoryBytes)", "--load-seconds", "\(loadSeconds)",
            "--trial-seconds", "\(trialSeconds)",
        ] + (library.map { ["--library", $0] } ?? [])
    }
}

extension CheckerSettings {
    /// Reads what `arguments` wrote; `nil` when it is anything else.
    init?(arguments: [String]) {
        guard arguments.count >= 2, arguments.count.isMultiple(of: 2) else { return nil }
        self.init(
            directory: arguments[0], modelFile: arguments[1], memoryBytes: 4 << 30, loadSeconds: 30, trialSeconds: 10)
        var rest = arguments.dropFirst(2)
        while let option = rest.popFirst(), let value = rest.popFirst() {
            switch option {
            case "--library": library = value
            case "--memory":
                guard let number = Int(value), number > 0 else { return nil }
                memoryBytes = number
            case "--load-seconds":
                guard let number = Int(value), number > 0 else { return nil }
                loadSeconds = number
            case "--trial-seconds":
                guard let number = Int(value), number > 0 else { return nil }
                trialSeconds = number
            default: return nil
            }
        }
    }
}
