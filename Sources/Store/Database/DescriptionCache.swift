import Foundation
import Synchronization
import Tensors

/// Decoded descriptions by version row: versions never change, and a snapshot of many endpoints needs all of theirs.
final class DescriptionCache: Sendable {
    private static let capacity = 4096
    private let known = Mutex<[Int64: ModelDescription]>([:])

    func description(_ version: Int64, _ json: () throws -> String) throws -> ModelDescription {
        if let found = known.withLock({ $0[version] }) { return found }
        let text = try json()
        let decoded = try JSONDecoder().decode(ModelDescription.self, from: Data(text.utf8))
        known.withLock { known in
            if known.count >= Self.capacity { known.removeAll() }
            known[version] = decoded
        }
        return decoded
    }
}
