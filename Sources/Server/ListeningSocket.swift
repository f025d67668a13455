import Foundation

#if canImport(Glibc)
    import Glibc
#endif

/// A TCP socket that listens already; whoever holds it keeps the port across restarts of the server child.
package struct ListeningSocket: Sendable {
    package let descriptor: CInt
    /// The port, known here even where 0 was asked for.
    package let port: Int

    /// Binds and listens. The error says which address, and for a taken port what to do.
    ///
    /// - Parameter setting: where `port` comes from, `port` or `grpc_port`, for errors.
    package static func bind(
        host: String, port: Int, setting: String = "port"
    ) throws(ConfigurationError) -> ListeningSocket {
        var hints = addrinfo()
        hints.ai_socktype = CInt(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV
        var list: UnsafeMutablePointer<addrinfo>?
        let bare = host.hasPrefix("[") && host.hasSuffix("]") ? String(host.dropFirst().dropLast()) : host
        let code = getaddrinfo(bare, String(port), &hints, &list)
        guard code == 0, let first = list else {
            throw ConfigurationError(
                field: "host", message: "cannot listen on '\(host)': \(String(cString: gai_strerror(code)))")
        }
        defer { freeaddrinfo(first) }
        let descriptor = socket(first.pointee.ai_family, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw failure("open a socket", host, port, setting) }
        var yes: CInt = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<CInt>.size))
        guard Glibc.bind(descriptor, first.pointee.ai_addr, first.pointee.ai_addrlen) == 0,
            listen(descriptor, 4096) == 0
        else {
            let error = failure("listen", host, port, setting)
            close(descriptor)
            throw error
        }
        return ListeningSocket(descriptor: descriptor, port: boundPort(descriptor) ?? port)
    }

    /// For a child that was handed the socket.
    package init(inherited descriptor: CInt, port: Int) {
        self.descriptor = descriptor
        self.port = port
    }

    private init(descriptor: CInt, port: Int) {
        self.descriptor = descriptor
        self.port = port
    }

    private static func failure(
        _ what: String, _ host: String, _ port: Int, _ setting: String
    ) -> ConfigurationError {
        let reason = String(cString: strerror(errno))
        if errno == EADDRINUSE {
            return ConfigurationError(
                field: setting,
                message: """
                    cannot listen on \(host):\(port): the port is in use. Another server may be running there \
                    (`slipway status` tells, with --server URL if its HTTP port is not 8080); or choose another one \
                    with --\(setting.replacing("_", with: "-"))
                    """)
        }
        return ConfigurationError(field: "host", message: "cannot \(what) on \(host):\(port): \(reason)")
    }

    private static func boundPort(_ descriptor: CInt) -> Int? {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let code = withUnsafeMutablePointer(to: &storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
        }
        guard code == 0 else { return nil }
        // The port is at the same place in the addresses of both families.
        return withUnsafeBytes(of: storage) { bytes in
            Int(UInt16(bigEndian: bytes.loadUnaligned(fromByteOffset: 2, as: UInt16.self)))
        }
    }
}
