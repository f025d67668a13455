import Foundation
import Journal
import Monitoring
import NIOCore
import Retraining

/// The prediction ledger as rows to train on.
struct LedgerRows: WrittenRows {
    let ledger: Ledger

    func export(space: String, endpoint: String, bytes: Int, to path: String) async throws(ControlError) -> Bool {
        guard try await ledger.report(space: space, endpoint: endpoint).rows > 0,
            let export = try await ledger.export(
                space: space, endpoint: endpoint, format: .csv, query: LedgerQuery())
        else { return false }
        guard FileManager.default.createFile(atPath: path, contents: nil, attributes: [.posixPermissions: 0o600]),
            let file = FileHandle(forWritingAtPath: path)
        else { throw ControlError(.storageFull, "the ledger's rows cannot be written for the run") }
        defer { try? file.close() }
        var left = bytes
        while left > 0, let piece = try await export.next() {
            // Pieces end with a line, so what is cut off are whole rows.
            left -= piece.readableBytes
            do {
                try file.write(contentsOf: Data(piece.readableBytesView))
            } catch {
                throw ControlError(.storageFull, "the ledger's rows cannot be written for the run: \(error)")
            }
        }
        return true
    }
}
