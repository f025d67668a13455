import GRDB
import Journal

extension ControlError {
    /// What the database said, in the control plane's words; an error of a room's own comes through as it is.
    static func database(_ error: any Error) -> ControlError {
        if let system = error as? SystemError { return system.controlError }
        guard let known = error as? DatabaseError else { return .wrapping(error) }
        let text = known.message ?? "\(known.resultCode)"
        switch known.resultCode {
        case .SQLITE_FULL:
            return ControlError(
                .storageFull, "no room left for the database", hint: "free some space where the data folder is")
        case .SQLITE_BUSY, .SQLITE_LOCKED, .SQLITE_READONLY, .SQLITE_CANTOPEN:
            return ControlError(
                .unavailable, "the database cannot be used now: \(text)", hint: "does another program have it open?")
        case .SQLITE_CORRUPT, .SQLITE_NOTADB:
            return ControlError(
                .internalFailure, "the database is damaged: \(text)", hint: "`slipway doctor --verify` says where")
        default:
            return ControlError(.internalFailure, "the database failed: \(text)")
        }
    }
}
