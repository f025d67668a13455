import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOSSL

/// Fetches a provider's documents over HTTP.
package final class ProviderClient: ProviderDocuments {
    private let http: HTTPClient

    /// - Parameter caCertificate: a PEM file with the authorities to trust instead of the system's.
    package init(caCertificate: String? = nil) {
        var configuration = HTTPClient.Configuration()
        configuration.redirectConfiguration = .disallow
        configuration.timeout = .init(connect: .seconds(5), read: .seconds(5))
        if let caCertificate {
            var tls = TLSConfiguration.makeClientConfiguration()
            tls.trustRoots = .file(caCertificate)
            configuration.tlsConfiguration = tls
        }
        http = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    package func document(at url: String, limit: Int) async throws -> [UInt8] {
        var request = HTTPClientRequest(url: url)
        request.headers.add(name: "accept", value: "application/json")
        let response = try await http.execute(request, timeout: .seconds(10))
        guard response.status == .ok else {
            throw ProviderFault("\(url) answered with status \(response.status.code)")
        }
        return Array(try await response.body.collect(upTo: limit).readableBytesView)
    }

    /// Closes its connections; to be called once, last.
    package func close() async { try? await http.shutdown() }
}
