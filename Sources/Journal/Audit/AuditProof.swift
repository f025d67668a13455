/// Follows the audit chain from its first event and holds it against the heads that were signed on the way.
package struct AuditProof: Sendable {
    package private(set) var chain = AuditChain()
    /// What is wrong, one sentence each, with the numbers of the events concerned.
    package private(set) var problems: [String] = []
    /// How many heads there are, genuine or not.
    package let heads: Int
    /// The head furthest on that the chain agrees with.
    package private(set) var lastHead: AuditHead?
    /// In the order of their sequences; those that are still to come.
    private var expected: ArraySlice<AuditHead>
    private var isBroken = false

    /// - Parameters:
    ///   - heads: in any order; only what is signed with `key` counts, the rest is a problem.
    ///   - key: the public key that the heads have to be signed with.
    package init(heads: [AuditHead], key: String) {
        self.heads = heads.count
        var genuine: [AuditHead] = []
        for head in heads {
            if head.key != key {
                problems.append(
                    "the head of event \(head.sequence) is signed with another key, \(Name.excerpt(of: head.key))")
            } else if !head.isGenuine {
                problems.append("the head of event \(head.sequence) has a signature that does not fit it")
            } else {
                genuine.append(head)
            }
        }
        expected = genuine.sorted { $0.sequence < $1.sequence }[...]
    }

    /// Takes the next event.
    package mutating func accept(_ event: AuditEvent) {
        // The first break says where; what follows it is broken because of it.
        if let problem = chain.accept(event), !isBroken {
            isBroken = true
            problems.append(problem)
        }
        while let head = expected.first, head.sequence <= event.sequence {
            expected.removeFirst()
            // One of an event before this was passed over by the chain, which has said so.
            guard head.sequence == event.sequence else { continue }
            if head.hash == event.hash, head.generation == event.generation.number {
                lastHead = head
            } else {
                problems.append("event \(event.sequence) is not the one whose head was signed at \(head.at)")
            }
        }
    }

    /// To be called after the last event.
    ///
    /// - Parameter generation: that of the database; `nil` where there is none to compare with.
    package mutating func end(at generation: Generation? = nil) {
        if let last = expected.last, last.sequence > 0 {
            let first = chain.count + 1
            let which = first >= last.sequence ? "event \(last.sequence) is" : "events \(first) to \(last.sequence) are"
            problems.append("\(which) missing from the end: their head was signed at \(last.at)")
        } else if let generation, problems.isEmpty, let problem = chain.end(at: generation) {
            problems.append(problem)
        }
    }

    /// Adds what was found elsewhere: a record of heads that cannot be read.
    package mutating func note(_ problem: String) { problems.append(problem) }
}
