package import Journal
import Synchronization

/// The one function that says who may do what; HTTP and later gRPC both ask it. It holds what it needs in memory and never
/// waits, because a prediction asks it too.
package final class Authorizer: Sendable {
    private let spaces: Mutex<Set<String>>

    /// - Parameter spaces: the names of all spaces.
    package init(spaces: some Sequence<String>) {
        self.spaces = Mutex(Set(spaces))
    }

    /// Called once a change of the spaces is committed.
    package func knows(spaces names: some Sequence<String>) {
        let now = Set(names)
        spaces.withLock { $0 = now }
    }

    /// Throws `notFound` for an unknown space. On loopback everyone may do everything; members and roles come with
    /// authentication, and are asked here.
    package func authorise(
        _ principal: Principal, _ permission: Permission, space: String
    ) throws(ControlError) {
        if permission.isServerWide { return }
        guard spaces.withLock({ $0.contains(space) }) else { throw ControlError.spaceNotFound(space) }
    }
}
