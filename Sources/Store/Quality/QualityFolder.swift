import Foundation
import GRDB
package import Journal
package import Quality

/// Indexes of endpoints' ledgers with the truth that was joined to them, one SQLite file each:
/// `quality/SPACE/ENDPOINT.db`.
package final class QualityFolder: QualityStore {
    private static let suffix = ".db"
    private let path: String

    /// - Parameter path: a folder that nobody else writes in; made when the first index is.
    package init(_ path: String) { self.path = path }

    package func endpoints() -> [(space: String, endpoint: String)] {
        names(path).filter(Name.isValid).flatMap { space in
            names(path + "/" + space).compactMap { name in
                guard name.hasSuffix(Self.suffix) else { return nil }
                let endpoint = String(name.dropLast(Self.suffix.count))
                return Name.isValid(endpoint) ? (space, endpoint) : nil
            }
        }
    }

    package func open(space: String, endpoint: String) throws(ControlError) -> any QualityIndex {
        let folder = path + "/" + space
        do {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            return try QualityDatabase(path: folder + "/" + endpoint + Self.suffix)
        } catch {
            throw Self.refusal(error, folder + "/" + endpoint + Self.suffix)
        }
    }

    package func remove(space: String) throws(ControlError) {
        let folder = path + "/" + space
        guard FileManager.default.fileExists(atPath: folder) else { return }
        do {
            try FileManager.default.removeItem(atPath: folder)
        } catch {
            throw ControlError(.internalFailure, "the folder '\(folder)' cannot be removed: \(error)")
        }
    }

    private func names(_ folder: String) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
    }

    private static func refusal(_ error: any Error, _ path: String) -> ControlError {
        guard let known = error as? DatabaseError,
            [.SQLITE_CORRUPT, .SQLITE_NOTADB].contains(known.resultCode)
        else { return .database(error) }
        return ControlError(
            .internalFailure, "the file '\(path)' is damaged: \(known.message ?? "it is no database")",
            hint: "move it away: predictions are read from the ledger again, and their truth is to be sent again")
    }
}
