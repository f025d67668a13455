import NIOCore
import Serving
import Synchronization

/// Bounds how often an address may come with credentials that are wrong. Other addresses notice nothing, and what was
/// accepted before on an open connection is not looked up again, so goes on.
package final class FailureLimiter: Sendable {
    /// Addresses that are remembered.
    private static let capacity = 16_384
    private static let burst: Double = 20

    private let perMinute: Double
    private let now: @Sendable () -> UInt64
    private let sources = Mutex<[UInt64: Source]>([:])

    /// How much an address still has, and when that was.
    private struct Source {
        var allowance: Double
        var at: UInt64
    }

    /// - Parameters:
    ///   - perMinute: what an address gets back in a minute; 0 bounds nothing. It may have 20 at once.
    ///   - now: nanoseconds of a clock that never goes back.
    package init(perMinute: Int = 20, now: @escaping @Sendable () -> UInt64 = MonotonicClock.nanoseconds) {
        self.perMinute = Double(max(0, perMinute))
        self.now = now
    }

    /// Seconds until credentials from this address are looked at again; `nil` when they are now.
    func wait(for address: SocketAddress?) -> Int? {
        guard perMinute > 0 else { return nil }
        let key = Self.key(address)
        let now = now()
        let allowance = sources.withLock { sources in sources[key].map { refilled($0, now) } ?? Self.burst }
        guard allowance < 1 else { return nil }
        return max(1, Int(((1 - allowance) * 60 / perMinute).rounded(.up)))
    }

    func record(_ address: SocketAddress?) {
        guard perMinute > 0 else { return }
        let key = Self.key(address)
        let now = now()
        sources.withLock { sources in
            let allowance = sources[key].map { refilled($0, now) } ?? Self.burst
            if sources[key] == nil, sources.count >= Self.capacity { makeRoom(&sources, now) }
            sources[key] = Source(allowance: max(0, allowance - 1), at: now)
        }
    }

    private func refilled(_ source: Source, _ now: UInt64) -> Double {
        let seconds = Double(now &- source.at) / 1e9
        return min(Self.burst, source.allowance + seconds * perMinute / 60)
    }

    /// Forgets those who have all of theirs again, or else who have the most: they have guessed least.
    private func makeRoom(_ sources: inout [UInt64: Source], _ now: UInt64) {
        sources = sources.filter { refilled($0.value, now) < Self.burst }
        guard sources.count >= Self.capacity else { return }
        let kept = sources.sorted { refilled($0.value, now) < refilled($1.value, now) }.prefix(Self.capacity / 2)
        sources = Dictionary(uniqueKeysWithValues: kept.map { ($0.key, $0.value) })
    }

    /// An IPv4 address, or the network of an IPv6 one: whoever has one address of a /64 has all of them.
    private static func key(_ address: SocketAddress?) -> UInt64 {
        switch address {
        case .v4: Self.bytes(of: address, at: 4, count: 4)
        case .v6:
            // An IPv4 address in an IPv6 coat: ::ffff:a.b.c.d.
            Self.bytes(of: address, at: 8, count: 8) == 0 && Self.bytes(of: address, at: 16, count: 4) == 0xFFFF
                ? Self.bytes(of: address, at: 20, count: 4) : Self.bytes(of: address, at: 8, count: 8)
        case .unixDomainSocket, nil: .max
        }
    }

    /// Some bytes of a `sockaddr_in` or `sockaddr_in6`, whose layout is the same everywhere, as a number.
    private static func bytes(of address: SocketAddress?, at start: Int, count: Int) -> UInt64 {
        address?.withSockAddr { pointer, size in
            let all = UnsafeRawBufferPointer(start: pointer, count: size)
            guard start + count <= all.count else { return .max }
            return all[start..<(start + count)].reduce(0) { $0 << 8 | UInt64($1) }
        } ?? .max
    }
}
