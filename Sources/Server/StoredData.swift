import Gateway
import Journal
import ManagementAPI
import Store

/// The data folder as a whole, for the management interface.
struct StoredData: StorageKeeping {
    let store: Store

    func collect(by principal: Principal) async throws(ControlError) -> CollectionReport {
        let result = try await store.collect(by: principal)
        return CollectionReport(files: result.blobs, bytes: result.bytes)
    }

    func backup() async throws(ControlError) -> any BackupReading { try await store.backup() }
}

extension BackupArchive: BackupReading {}
