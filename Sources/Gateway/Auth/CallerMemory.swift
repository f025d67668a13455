package import Identity
import Journal
package import NIOCore

/// Who a connection's last caller was. The same credentials mean the same as long as nothing about access has changed, so
/// a request costs a comparison, and no hash.
package struct CallerMemory {
    private var credentials: [UInt8] = []
    private var caller: Caller?
    /// Of the access plane when the caller was looked up.
    private var version = Int.min
    /// What checking a token came to, for the request that waits for it.
    private var verdict: AccessRefusal?

    package init() {}

    /// Who a request is from.
    package enum Finding {
        case caller(Caller)
        /// A token that has to be checked first; then ask again.
        case unverified(String)
    }

    /// - Parameter credentials: the value of `Authorization`.
    package mutating func find(
        _ credentials: UnsafeRawBufferPointer?, _ authority: CallerAuthority,
        from address: @autoclosure () -> SocketAddress?
    ) throws(AccessRefusal) -> Finding {
        if authority.isOpen { return .caller(.local) }
        if let verdict {
            self.verdict = nil
            throw verdict
        }
        let now = authority.access.version
        if let caller, version == now, let credentials, isSame(credentials), !isOver(caller, authority) {
            return .caller(caller)
        }
        caller = nil
        switch try authority.identify(credentials, from: address()) {
        case .known(let found):
            caller = found
            version = now
            self.credentials.removeAll(keepingCapacity: true)
            if let credentials { self.credentials.append(contentsOf: credentials) }
            return .caller(found)
        case .unverified(let token): return .unverified(token)
        }
    }

    /// Has the next `find` refuse, where a token turned out to be none.
    package mutating func settle(_ refusal: AccessRefusal?) { verdict = refusal }

    private func isSame(_ other: UnsafeRawBufferPointer) -> Bool {
        credentials.count == other.count && credentials.withUnsafeBytes { HTTPSyntax.same($0, other) }
    }

    private func isOver(_ caller: Caller, _ authority: CallerAuthority) -> Bool {
        guard let end = caller.expiresAt else { return false }
        return authority.access.now.microseconds >= end
    }
}

extension CallerAuthority {
    /// Whether what was said of a caller still holds: nothing about access has changed, and their credentials go on.
    package func stillHolds(_ caller: Caller, version: Int) -> Bool {
        guard version == access.version else { return false }
        guard let end = caller.expiresAt else { return true }
        return access.now.microseconds < end
    }

    /// The one place of both ports that asks for a permission.
    package func admit(
        _ caller: Caller, _ permission: Permission, space: String, endpoint: AskedEndpoint
    ) throws(AccessRefusal) {
        do throws(ControlError) {
            try access.current.authorise(caller, permission, space: space, endpoint: endpoint)
        } catch {
            throw .control(error)
        }
    }

    /// Checks a token behind a connection's back; `then` is called on some thread.
    package func verify(
        _ token: String, from address: SocketAddress?, then: @escaping @Sendable (AccessRefusal?) -> Void
    ) {
        Task { then(await self.verify(token, from: address)) }
    }
}
