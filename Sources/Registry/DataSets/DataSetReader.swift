import Journal
import Tabular

/// What takes the rows of a data set.
protocol RowSink: AnyObject {
    func take(_ row: RawRow, _ names: [String]) throws(TabularError)
}

extension DataSetFormat {
    private var reader: any RowReader {
        switch self {
        case .csv: CSVRowReader(limits: DataSetLimits.tabular)
        case .jsonl: JSONLRowReader(limits: DataSetLimits.tabular)
        }
    }

    /// Reads a stored file in this format into `sink`; returns the names of its columns. Blocks.
    ///
    /// Errors: `digestMismatch`; `invalid` and `tooLarge` with the line.
    func read(_ sha256: String, in blobs: any BlobReading, into sink: some RowSink) throws(ControlError) -> [String] {
        var reader = self.reader
        try blobs.readBlob(sha256) { (piece) throws(ControlError) in
            do throws(TabularError) {
                try reader.take(piece) { (row, names) throws(TabularError) in try sink.take(row, names) }
            } catch { throw .dataSet(error) }
        }
        do throws(TabularError) {
            try reader.finish { (row, names) throws(TabularError) in try sink.take(row, names) }
        } catch { throw .dataSet(error) }
        return reader.names
    }
}

extension ControlError {
    /// What is wrong with a file of rows, in the control plane's words.
    static func dataSet(_ error: TabularError) -> ControlError {
        let place = error.line.map { "line \($0)" } ?? "the file"
        return ControlError(
            error.isTooMuch ? .tooLarge : .invalid, "\(place) \(error.problem)", field: "file", hint: error.hint)
    }
}
