import Foundation
import Logging
import NIOSSL
import Synchronization

/// The certificate that new connections get; read again on SIGHUP. A file that cannot be used leaves the old one.
final class CertificateStore: Sendable {
    private let certificate: String
    private let key: String
    private let contexts: Mutex<Contexts>

    /// One for each port: they differ in the protocol that they agree on.
    private struct Contexts {
        var http: NIOSSLContext
        var grpc: NIOSSLContext
    }

    init(certificate: String, key: String) throws(ConfigurationError) {
        self.certificate = certificate
        self.key = key
        self.contexts = Mutex(try Self.load(certificate: certificate, key: key))
    }

    var http: NIOSSLContext { contexts.withLock(\.http) }
    var grpc: NIOSSLContext { contexts.withLock(\.grpc) }

    func reload(logger: Logger) {
        do throws(ConfigurationError) {
            let fresh = try Self.load(certificate: certificate, key: key)
            contexts.withLock { $0 = fresh }
            logger.info("certificate read again", metadata: ["tls.cert": "\(certificate)"])
        } catch {
            logger.error("certificate not read, the old one stays", metadata: ["error.message": "\(error.message)"])
        }
    }

    private static func load(certificate: String, key: String) throws(ConfigurationError) -> Contexts {
        for (field, flag, path) in [("tls_cert", "--tls-cert", certificate), ("tls_key", "--tls-key", key)] {
            guard access(path, R_OK) != 0 else { continue }
            throw ConfigurationError(
                field: field, message: "\(flag): cannot read \(path): \(String(cString: strerror(errno)))")
        }
        let chain: [NIOSSLCertificate]
        do {
            chain = try NIOSSLCertificate.fromPEMFile(certificate)
        } catch {
            throw ConfigurationError(
                field: "tls_cert", message: "--tls-cert: \(certificate) is not a readable PEM certificate: \(error)")
        }
        do {
            var configuration = TLSConfiguration.makeServerConfiguration(
                certificateChain: chain.map { .certificate($0) },
                privateKey: .privateKey(try NIOSSLPrivateKey(file: key, format: .pem)))
            configuration.minimumTLSVersion = .tlsv12
            configuration.applicationProtocols = ["http/1.1"]
            let http = try NIOSSLContext(configuration: configuration)
            configuration.applicationProtocols = ["h2"]
            return Contexts(http: http, grpc: try NIOSSLContext(configuration: configuration))
        } catch {
            throw ConfigurationError(
                field: "tls_key", message: "--tls-key: \(key) is not a readable PEM key of \(certificate): \(error)")
        }
    }
}
