import Foundation
import Testing

@testable import Runtimes

@Suite struct ChangeCountTests {
    @Test func noChangeOfManyThreadsAtOnceIsLost() {
        let changes = ChangeCount()
        DispatchQueue.concurrentPerform(iterations: 4) { _ in
            for _ in 0..<50_000 { changes.change() }
        }
        #expect(changes.current == 200_000)
    }
}
