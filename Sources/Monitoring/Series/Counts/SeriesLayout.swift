import Serving

/// Numbers that add up. Their places are those of the files and never change; new ones come behind, below 16.
package enum SeriesCounter: Int, Sendable, CaseIterable {
    case successes = 0
    case rows = 1
    /// Runs of the model.
    case executions = 2
    /// Nanoseconds of all answered predictions together, by stage.
    case queue = 3
    case decode = 4
    case compute = 5
    case encode = 6
    /// Nanoseconds of those that were not answered.
    case failed = 7
    /// Loads of the model, and what became of them.
    case loaded = 8
    case loadsFailed = 9
    case departed = 10
    /// Nanoseconds of all loads together.
    case loading = 11
}

/// Whose durations a histogram has.
package enum SeriesStage: Int, Sendable, CaseIterable {
    /// From decoding to the end of encoding.
    case whole = 0
    case queue = 1
    case compute = 2
    case encode = 3
}

/// Where each number stands. A file names numbers by these places, so that one with more of them can still be read.
enum SeriesLayout {
    /// Faults come at 16 and their number; 48 numbers have room.
    private static let faults = 16
    private static let histograms = 64
    /// Room for each histogram.
    private static let stride = 96
    private static let runs = histograms + 4 * stride
    /// Runs of 1, 2, up to 4, up to 8 ... rows; the last has all that are larger.
    static let runBins = 18
    static let size = runs + runBins

    static func place(of fault: PredictionFault) -> Int { faults + Int(fault.rawValue) }

    static func places(of stage: SeriesStage) -> Range<Int> {
        let start = histograms + stage.rawValue * stride
        return start..<(start + LatencyHistogram.size)
    }

    static func place(ofRunsWith rows: Int) -> Int {
        let above = max(1, rows) - 1
        return runs + min(runBins - 1, Int.bitWidth - above.leadingZeroBitCount)
    }
}

extension SeriesCounts {
    /// Runs of the model by their rows, where requests share runs: of 1, 2, up to 4, up to 8 ... rows.
    package var runsByRows: [(rows: Int, count: UInt64)] {
        (0..<SeriesLayout.runBins).map { (1 << $0, values[SeriesLayout.place(ofRunsWith: 1 << $0)]) }
    }
}
