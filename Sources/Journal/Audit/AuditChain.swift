/// Walks the audit events from the first on and says where the chain breaks.
package struct AuditChain: Sendable {
    package private(set) var count = 0
    package private(set) var lastHash = AuditEvent.genesis
    package private(set) var lastGeneration = Generation(0)

    package init() {}

    /// Takes the next event; returns what is wrong with it, `nil` when it fits.
    package mutating func accept(_ event: AuditEvent) -> String? {
        defer {
            count += 1
            lastHash = event.hash
            lastGeneration = event.generation
        }
        guard event.sequence == count + 1 else {
            return "audit event \(event.sequence) stands where event \(count + 1) is expected"
        }
        guard event.previousHash == lastHash else {
            return "audit event \(event.sequence) does not follow event \(count): the hashes differ"
        }
        guard event.generation.number == lastGeneration.number &+ 1 else {
            return "audit event \(event.sequence) has generation \(event.generation) after \(lastGeneration)"
        }
        guard event.hash == event.computedHash else {
            return "audit event \(event.sequence) was changed after it was written: its hash does not match"
        }
        return nil
    }

    /// To be asked after the last event: events cut off the end leave a valid chain, but not the generation.
    package func end(at generation: Generation) -> String? {
        guard lastGeneration != generation else { return nil }
        return "the last audit event has generation \(lastGeneration), the database \(generation): events are missing"
    }
}
