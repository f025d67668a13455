import Foundation
import Journal
import Store
import Synchronization

@testable import Identity

/// The services over a data folder of its own.
final class Workshop: WallClock, Sendable {
    let folder: String
    let store: Store
    let plane: AccessPlane
    let keys: KeyService
    let members: MemberService
    private let time: Clock

    private final class Clock: WallClock, Sendable {
        let value = Mutex(1_790_000_000_000_000)
        var now: Int { value.withLock { $0 } }
    }

    init() throws {
        folder = NSTemporaryDirectory() + "slipway-identity-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        time = Clock()
        store = try Store.open(folder: folder + "/data", clock: time)
        plane = AccessPlane(meters: KeyMeters(ledger: store.ledger, clock: time), clock: time)
        let publisher = AccessPublisher(store: store.access, plane: plane)
        keys = KeyService(store: store.access, publisher: publisher)
        members = MemberService(store: store.access, publisher: publisher)
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    var now: Int { time.now }

    func pass(seconds: Int) { time.value.withLock { $0 += seconds * 1_000_000 } }

    /// The caller that a key makes now; `nil` when it opens nothing.
    func caller(_ text: String) -> Caller? {
        guard let key = Array(text.utf8).withUnsafeBytes({ KeyText($0) }) else { return nil }
        switch plane.current.caller(with: key, meters: plane.meters, now: plane.now) {
        case .accepted(let caller): return caller
        case .unknown, .ended: return nil
        }
    }

    /// Somebody with a key of their own that is not limited, and a role in `default`.
    func person(_ name: String, _ role: Role? = nil) async throws -> Caller {
        if let role { _ = try await members.set(name, of: "default", role: role, by: .local) }
        let issued = try await keys.create(KeyOrder(principal: name), caller: .local)
        guard let caller = caller(issued.text) else { throw ControlError(.internalFailure, "no caller") }
        return caller
    }

    /// All bytes of the database and what belongs to it.
    func bytes() throws -> Data {
        try ["slipway.db", "slipway.db-wal"].reduce(into: Data()) { all, name in
            all += try Data(contentsOf: URL(filePath: folder + "/data/" + name))
        }
    }
}
