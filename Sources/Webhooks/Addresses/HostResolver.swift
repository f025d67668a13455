import Foundation
import Journal

/// Finds the addresses of a name.
package protocol HostResolving: Sendable {
    /// In the order in which they are to be tried; none where there is no such name.
    func addresses(of host: String) async -> [IPAddress]
}

/// Asks the system, on threads of its own: it may take as long as the name servers do.
package final class SystemResolver: HostResolving {
    private let threads = BlockingThreads(name: "slipway.webhooks.names", width: 4)

    package init() {}

    package func addresses(of host: String) async -> [IPAddress] {
        if let address = IPAddress(host) { return [address] }
        return await threads.run { Self.ask(host) }
    }

    private static func ask(_ host: String) -> [IPAddress] {
        var hints = addrinfo()
        hints.ai_family = AF_UNSPEC
        #if canImport(Darwin)
            hints.ai_socktype = SOCK_STREAM
        #else
            hints.ai_socktype = CInt(SOCK_STREAM.rawValue)
        #endif
        var first: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, nil, &hints, &first) == 0 else { return [] }
        defer { freeaddrinfo(first) }
        var found: [IPAddress] = []
        var next = first
        while let info = next?.pointee {
            if let raw = info.ai_addr, let address = address(raw, family: info.ai_family), !found.contains(address) {
                found.append(address)
            }
            next = info.ai_next
        }
        return found
    }

    private static func address(_ raw: UnsafeMutablePointer<sockaddr>, family: CInt) -> IPAddress? {
        switch family {
        case AF_INET:
            raw.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { pointer in
                IPAddress(bytes: withUnsafeBytes(of: pointer.pointee.sin_addr) { Array($0) })
            }
        case AF_INET6:
            raw.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) { pointer in
                IPAddress(bytes: withUnsafeBytes(of: pointer.pointee.sin6_addr) { Array($0) })
            }
        default: nil
        }
    }
}
