#if GRPC
    import GRPCCore
    import GRPCNIOTransportHTTP2Posix
    import ManagementAPI
    import NIOCore
    import Synchronization

    /// Makes unary calls over one HTTP/2 connection, which is opened anew when it is lost.
    final class GRPCConnection: Sendable {
        let address: ServerAddress
        private let token: String?
        private let client: GRPCClient<HTTP2ClientTransport.Posix>
        /// What opens the connection, and ends with it: begun by the first call.
        private let connecting = Mutex<Task<Void, any Error>?>(nil)
        /// Most bytes of an answer that are taken into memory.
        private static let answerLimit = 256 << 20

        /// - Throws: `badCertificate`, `badAddress`.
        init(address: ServerAddress, token: String?, caCertificate: String?) throws(ClientError) {
            self.address = address
            self.token = token
            let target: any ResolvableTarget =
                switch address.form {
                case .ipv4: .ipv4(address: address.host, port: address.port)
                case .ipv6: .ipv6(address: address.host, port: address.port)
                case .name: .dns(host: address.host, port: address.port)
                }
            var security = HTTP2ClientTransport.Posix.TransportSecurity.plaintext
            if address.isSecure {
                security = .tls { tls in
                    guard let caCertificate else { return }
                    tls.trustRoots = .certificates([.file(path: caCertificate, format: .pem)])
                }
            }
            do {
                let transport = try HTTP2ClientTransport.Posix(
                    target: target, transportSecurity: security,
                    config: .defaults { config in
                        // As long as it waits, calls fail: a server that comes back is to be found soon.
                        config.backoff.initial = .milliseconds(50)
                        config.backoff.max = .seconds(1)
                    })
                client = GRPCClient(transport: transport)
            } catch {
                throw .badCertificate(server: address.description, reason: "\(error)")
            }
        }

        /// Lets calls under way finish, and closes.
        func close() async {
            client.beginGracefulShutdown()
            let task = connecting.withLock { $0 }
            _ = await task?.result
        }

        private func connect() {
            connecting.withLock { task in
                if task == nil { task = Task { [client] in try await client.runConnections() } }
            }
        }

        /// The answer to a message, or why there is none.
        func call(
            _ method: String, _ message: ByteBuffer, space: String, within left: Duration?
        ) async -> Result<(message: ByteBuffer, metadata: Metadata), GRPCFailure> {
            connect()
            var metadata: Metadata = ["user-agent": "slipway/\(Release.version)"]
            if let token { metadata.addString("Bearer \(token)", forKey: "authorization") }
            if space != "default" { metadata.addString(space, forKey: "slipway-space") }
            var options = CallOptions.defaults
            options.timeout = left.map { max($0, .zero) }
            options.maxRequestMessageBytes = Int(Int32.max)
            options.maxResponseMessageBytes = Self.answerLimit
            let response: ClientResponse<ByteBuffer>
            do {
                response = try await client.unary(
                    request: ClientRequest(message: message, metadata: metadata),
                    descriptor: MethodDescriptor(
                        fullyQualifiedService: "inference.GRPCInferenceService", method: method),
                    serializer: AsBytes(), deserializer: AsBytes(), options: options
                ) { $0 }
            } catch {
                return .failure(Task.isCancelled ? .cancelled : .unsent(error))
            }
            do {
                let contents = try response.accepted.get()
                var metadata = contents.metadata
                metadata.add(contentsOf: contents.trailingMetadata)
                return .success((try contents.message.get(), metadata))
            } catch {
                // What the library makes of a cancelled task has many forms.
                return .failure(Task.isCancelled && error.isMadeUp ? .cancelled : .answered(error))
            }
        }
    }

    /// Messages as the encoders made them.
    private struct AsBytes: MessageSerializer, MessageDeserializer {
        func serialize<Bytes: GRPCContiguousBytes>(_ message: ByteBuffer) throws -> Bytes {
            Bytes(message.readableBytesView)
        }

        func deserialize<Bytes: GRPCContiguousBytes>(_ serializedMessageBytes: Bytes) throws -> ByteBuffer {
            serializedMessageBytes.withUnsafeBytes { ByteBuffer(bytes: $0) }
        }
    }
#endif
