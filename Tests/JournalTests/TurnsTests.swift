import Synchronization
import Testing

@testable import Journal

/// Counts who is inside at once.
private final class Room: Sendable {
    private let state = Mutex((inside: 0, most: 0, visits: 0))

    func enter() {
        state.withLock { state in
            state.inside += 1
            state.visits += 1
            state.most = max(state.most, state.inside)
        }
    }

    func leave() { state.withLock { $0.inside -= 1 } }

    var most: Int { state.withLock { $0.most } }
    var visits: Int { state.withLock { $0.visits } }
}

struct TurnsTests {
    @Test func `two tasks with one key never overlap, and each gets its turn`() async throws {
        let turns = Turns()
        let room = Room()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<100 {
                group.addTask {
                    try? await turns.take("key") { () async throws(ControlError) in
                        room.enter()
                        await Task.yield()
                        room.leave()
                    }
                }
            }
        }
        #expect(room.visits == 100)
        #expect(room.most == 1)
    }

    @Test func `a turn that throws passes on`() async throws {
        let turns = Turns()
        await #expect(throws: ControlError.self) {
            try await turns.take("key") { () async throws(ControlError) in
                throw ControlError(.invalid, "no")
            }
        }
        #expect(try await turns.take("key") { () async throws(ControlError) in 7 } == 7)
    }

    @Test func `another key does not wait`() async throws {
        let turns = Turns()
        let value = try await turns.take("one") { () async throws(ControlError) in
            try await turns.take("two") { () async throws(ControlError) in 1 }
        }
        #expect(value == 1)
    }
}
