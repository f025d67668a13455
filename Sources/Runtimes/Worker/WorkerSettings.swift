/// What one worker may use.
package struct WorkerLimits: Sendable, Hashable {
    /// Bytes of its own memory, and as many again that it may share with the server; `nil` stands for 2 GiB and four
    /// times the size of the model's files.
    package var memoryBytes: Int?
    /// Runs at once that it should be ready for.
    package var runs: Int
    /// Milliseconds after which a run whose caller named no deadline is taken for one that never ends.
    package var runMilliseconds: Int

    /// Less than one run is one.
    package init(memoryBytes: Int? = nil, runs: Int, runMilliseconds: Int) {
        self.memoryBytes = memoryBytes
        self.runs = max(1, runs)
        self.runMilliseconds = max(1, runMilliseconds)
    }
}

/// What the server tells a worker when it starts it, as the words of its command line.
struct WorkerSettings: Sendable, Hashable {
    var directory: String
    var modelFile: String
    var intraOpThreads = 1
    var slots = 2
    var memoryBytes = 2 << 30
    /// ONNX Runtime's shared library; `nil` to search for it.
    var library: String?

    /// More slots than any machine has use for.
    static let mostSlots = 256

    var arguments: [String] {
        [
            directory, modelFile, "--intra-op-threads", "\(intraOpThreads)", "--slots", "\(slots)", "--memory",
            "\(memoryBytes)",
        ] + (library.map { ["--library", $0] } ?? [])
    }
}

extension WorkerSettings {
    /// Reads what `arguments` wrote; `nil` when it is anything else.
    init?(arguments: [String]) {
        guard arguments.count >= 2, arguments.count.isMultiple(of: 2) else { return nil }
        self.init(directory: arguments[0], modelFile: arguments[1])
        var rest = arguments.dropFirst(2)
        while let option = rest.popFirst(), let value = rest.popFirst() {
            if option == "--library" {
                library = value
                continue
            }
            guard let number = Int(value), number > 0 else { return nil }
            switch option {
            case "--intra-op-threads": intraOpThreads = number
            case "--slots": slots = min(number, Self.mostSlots)
            case "--memory": memoryBytes = number
            default: return nil
            }
        }
    }
}
