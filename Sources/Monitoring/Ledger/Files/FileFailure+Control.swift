import Journal
import Serving

/// Where other rooms keep theirs, too.
typealias LedgerFolder = RecordFolder
typealias FileCalls = RecordFileCalls

extension FileFailure {
    var controlError: ControlError {
        if isStorageFull {
            return ControlError(
                .storageFull, "no room left for the ledger: \(description)",
                hint: "free some space where the data folder is, then try again; what was there is unchanged")
        }
        return ControlError(.internalFailure, "the ledger: \(description)")
    }
}
