import Journal
import ManagementAPI
import ManagementGateway
import Store

/// The data folder as a whole, for the management interface.
struct StoredData: StorageKeeping {
    let store: Store

    func collect(by principal: Principal) async throws(ControlError) -> CollectionReport {
        let result = try await store.collect(by: principal)
        return CollectionReport(files: result.blobs, bytes: result.bytes)
    }

    func backup() async throws(ControlError) -> any BackupReading {
        StoredBackup(archive: try await store.backup())
    }
}

private struct StoredBackup: BackupReading {
    let archive: BackupArchive

    var size: Int { archive.size }

    func next() async throws(ControlError) -> [UInt8]? { try await archive.next() }
}
