import Testing

@testable import Journal

struct AuditChainTests {
    private func chain(_ count: Int) -> [AuditEvent] {
        var events: [AuditEvent] = []
        for number in 1...count {
            events.append(
                AuditEvent(
                    following: events.last?.hash ?? AuditEvent.genesis, sequence: number,
                    at: Timestamp(microseconds: number * 1000), principal: "local", space: "default",
                    action: "version.push", subject: "churn:\(number)", detail: "{}", generation: Generation(number)))
        }
        return events
    }

    private func problem(_ events: [AuditEvent], generation: Int) -> String? {
        var chain = AuditChain()
        for event in events {
            if let problem = chain.accept(event) { return problem }
        }
        return chain.end(at: Generation(generation))
    }

    @Test func `an untouched chain holds`() {
        #expect(problem(chain(5), generation: 5) == nil)
        #expect(problem([], generation: 0) == nil)
    }

    @Test func `a hash is that of another implementation`() {
        // Python: sha256 of the length-prefixed fields.
        let event = chain(1)[0]
        #expect(event.hash == "7d61a45f13571f6cf5ff64a29f804a0b16a64c8dfda48d12946a9942aa680155")
    }

    @Test(arguments: 0..<9)
    func `a change of any field of any event is noticed`(field: Int) {
        for place in 0..<4 {
            var events = chain(4)
            let old = events[place]
            func text(_ index: Int, _ value: String) -> String { index == field ? value + "x" : value }
            func number(_ index: Int, _ value: Int) -> Int { index == field ? value + 7 : value }
            events[place] = AuditEvent(
                sequence: number(0, old.sequence), at: Timestamp(microseconds: number(1, old.at.microseconds)),
                principal: text(2, old.principal), space: text(3, old.space), action: text(4, old.action),
                subject: text(5, old.subject), detail: text(6, old.detail),
                generation: Generation(number(7, old.generation.number)), previousHash: text(8, old.previousHash),
                hash: old.hash)
            #expect(problem(events, generation: 4) != nil)
        }
    }

    @Test func `text cannot move from one field to the next`() {
        let one = AuditEvent(
            following: AuditEvent.genesis, sequence: 1, at: Timestamp(microseconds: 0), principal: "ab", space: "c",
            action: "d", subject: "e", detail: "{}", generation: Generation(1))
        let two = AuditEvent(
            following: AuditEvent.genesis, sequence: 1, at: Timestamp(microseconds: 0), principal: "a", space: "bc",
            action: "d", subject: "e", detail: "{}", generation: Generation(1))
        #expect(one.hash != two.hash)
    }

    @Test func `a removed, doubled or swapped event is noticed, and so is a cut-off end`() {
        let events = chain(6)
        for place in events.indices {
            var removed = events
            removed.remove(at: place)
            #expect(problem(removed, generation: 6) != nil)
            var doubled = events
            doubled.insert(events[place], at: place)
            #expect(problem(doubled, generation: 6) != nil)
            if place > 0 {
                var swapped = events
                swapped.swapAt(place, place - 1)
                #expect(problem(swapped, generation: 6) != nil)
            }
        }
        #expect(problem([], generation: 6) != nil)
    }
}
