package import Journal
import Synchronization

/// The access of now, in the memory of the data plane. Whoever keeps something that they worked out of it keeps the
/// `version` that they read before, and begins anew when it is another.
package final class AccessPlane: Sendable {
    private let table: Mutex<AccessTable>
    private let counter = Atomic<Int>(0)
    package let meters: KeyMeters
    private let clock: any WallClock

    package init(
        _ snapshot: AccessSnapshot = AccessSnapshot(generation: -1, spaces: []), meters: KeyMeters = KeyMeters(),
        clock: any WallClock = SystemClock()
    ) {
        self.table = Mutex(AccessTable(snapshot))
        self.meters = meters
        self.clock = clock
    }

    /// Another one for each table that was installed.
    package var version: Int { counter.load(ordering: .acquiring) }

    package var current: AccessTable { table.withLock { $0 } }

    package var now: Timestamp { Timestamp(microseconds: clock.now) }

    /// Takes a snapshot over at once; an older one than there is, is ignored.
    package func install(_ snapshot: AccessSnapshot) {
        let new = AccessTable(snapshot)
        let isNew = table.withLock { table in
            guard new.generation >= table.generation else { return false }
            table = new
            return true
        }
        if isNew { invalidate() }
    }

    /// Has everybody ask again, where something that the snapshot does not show has changed.
    package func invalidate() { counter.wrappingAdd(1, ordering: .releasing) }
}

/// Brings what is committed to the data plane. Revoking must not wait for a model that loads, so it has a way of its own
/// beside that of the endpoints.
package final class AccessPublisher: Sendable {
    private let store: AccessUnitOfWork
    package let plane: AccessPlane

    package init(store: AccessUnitOfWork, plane: AccessPlane) {
        self.store = store
        self.plane = plane
    }

    /// Returns once the data plane has whatever was committed before this call.
    package func publish() async throws(ControlError) {
        plane.install(try await store.read { try $0.accessSnapshot() })
    }
}
