/// The sockets of both ports. They are bound once, by the process that lives longest, and outlive every server child.
struct ListeningSockets: Sendable {
    let http: ListeningSocket
    let grpc: ListeningSocket

    /// Binds what the configuration says. Where the second port cannot be had, the process ends and the first is free again.
    static func bind(_ configuration: ServerConfiguration) throws(ConfigurationError) -> ListeningSockets {
        ListeningSockets(
            http: try ListeningSocket.bind(host: configuration.host, port: configuration.port),
            grpc: try ListeningSocket.bind(
                host: configuration.host, port: configuration.grpcPort, setting: "grpc_port"))
    }

    private init(http: ListeningSocket, grpc: ListeningSocket) {
        self.http = http
        self.grpc = grpc
    }

    /// For a child that was handed the sockets, in the order of `descriptors`.
    init(inheritedFrom first: CInt, port: Int, grpcPort: Int) {
        http = ListeningSocket(inherited: first, port: port)
        grpc = ListeningSocket(inherited: first + 1, port: grpcPort)
    }

    var descriptors: [CInt] { [http.descriptor, grpc.descriptor] }
    var ports: [Int] { [http.port, grpc.port] }
}
