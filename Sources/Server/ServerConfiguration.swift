import Foundation
import Serving
import Webhooks

/// Everything that `slipway serve` can be told, after flags, environment and file have been put together.
package struct ServerConfiguration: Sendable, Hashable, Codable {
    package var dataDir = "slipway-data"
    package var host = "127.0.0.1"
    package var port = 8080
    package var grpcPort = 8081
    /// Paths of PEM files; both or neither.
    package var tlsCertificate: String?
    package var tlsKey: String?
    /// Whether callers must say who they are; when absent, as it was when the data folder was last served.
    package var auth: Bool?
    /// Whether to make another key for the server's owner at this start.
    package var newOwnerKey = false
    /// Wrong keys and tokens that an address may send in a minute before further ones are not looked at; 0 for any number.
    package var authFailuresPerMinute = 20
    /// The OpenID provider whose tokens are taken, as they name it, and who they must be meant for; both or neither.
    package var oidcIssuer: String?
    package var oidcAudience: String?
    /// The claims that name the bearer and list their groups.
    package var oidcPrincipalClaim = "sub"
    package var oidcGroupsClaim = "groups"
    /// Path of a PEM file with the authorities to trust for the provider instead of the system's.
    package var oidcCACertificate: String?
    /// What the members of a group are, by space; `*` for every space, and of the server itself `admin` under an empty name.
    package var oidcGroups: [String: [String: String]] = [:]
    /// Whether to bind beyond loopback without authentication and TLS.
    package var insecure = false
    /// Whether monitors may have the server start commands on this machine, with this process's rights.
    package var allowCommands = false
    /// Beginnings of the addresses that runs from Git may clone, by commas: `https://github.com/acme`; none unless given.
    package var gitAllow: String?
    /// Addresses that webhooks may go to beside those of the public Internet: ranges by commas, `127.0.0.0/8`.
    package var webhookAllow: String?
    /// A folder with one file for each webhook secret, by its name.
    package var webhookSecrets: String?
    /// Path of a PEM file with authorities to trust for webhooks beside the system's.
    package var webhookCACertificate: String?
    /// Seconds that a webhook may fail before it is paused.
    package var webhookPauseAfterSeconds = DeliveryService.defaultPauseAfter
    /// Where alerts go of endpoints whose monitor does not say whom to tell, and the name of the secret to sign them by.
    package var alertWebhook: String?
    package var alertWebhookSecret: String?
    /// Whether a small parent process holds the sockets and replaces a dead server.
    package var supervisor = true
    /// Threads that answer connections; the number of processors when absent.
    package var eventLoops: Int?
    /// Runs of one model at once outside the event loops; the number of processors when absent.
    package var computeThreads: Int?
    /// Predictions that may wait for one model before one more is refused.
    package var queueLimit = 1024
    /// Bytes that all loaded models may take together; as much as the process may have when absent.
    package var memoryBudgetBytes: Int?
    /// Seconds that the version before the current one stays in memory, so that going back is instant.
    package var keepSupersededSeconds = DataPlane.Configuration.defaultKeepSupersededSeconds
    /// Largest body of a management request that is not an upload, in bytes.
    package var maxManagementBodyBytes = 8 << 20
    /// Largest file that may be pushed, in bytes.
    package var maxUploadBytes = 64 << 30
    /// Connections of one protocol at once; more wait in the kernel's queue. What the system gives is a bound as well.
    package var maxConnections = 16_384
    /// Bytes of a request line.
    package var maxRequestLineBytes = 8 << 10
    /// Bytes of all headers of a request, and their number.
    package var maxHeaderBytes = 32 << 10
    package var maxHeaderCount = 100
    /// Bytes of a chunk's size line, and of all trailers.
    package var maxChunkLineBytes = 4096
    /// Bytes of all request bodies together; a quarter of the memory there is when absent.
    package var maxBodyMemoryBytes: Int?
    /// Bytes of a body that have to come each second on average; 0 takes any rate.
    package var minBodyBytesPerSecond = 1024
    /// Bytes of an answer that the peer has to take each second on average; 0 takes any rate.
    package var minAnswerBytesPerSecond = 1024
    /// Seconds that a connection may be idle between requests.
    package var idleTimeoutSeconds = 75
    /// Seconds that a request's headers may take to arrive.
    package var headerTimeoutSeconds = 10
    /// Seconds that a request's body may pause.
    package var bodyTimeoutSeconds = 30
    /// Calls that may be under way on one connection of the gRPC port.
    package var http2MaxStreams = 256
    /// Bytes of answers that a peer of the gRPC port may leave untaken before its calls are refused.
    package var http2MaxUnsentBytes = 64 << 20
    /// Frames each second that make work and carry nothing: resets of calls, pings, changes of settings.
    package var http2MaxResetsPerSecond = 100
    package var http2MaxPingsPerSecond = 10
    package var http2MaxSettingsPerSecond = 1
    /// Seconds that a connection of the gRPC port may be idle between calls.
    package var grpcIdleTimeoutSeconds = 300
    /// Seconds in which the peer takes nothing of an answer.
    package var writeTimeoutSeconds = 60
    /// Seconds that requests in flight get to finish after SIGTERM.
    package var drainSeconds = 20
    /// Limits of the process that first opens a pushed model.
    package var checkLoadSeconds = 30
    package var checkTrialSeconds = 10
    /// Bytes; 4 GiB and three times the model's size when absent.
    package var checkMemoryBytes: Int?
    /// A file or folder outside the data folder where signed heads of the audit chain are kept too.
    package var auditHeadsPath: String?
    /// Seconds between two signed heads, where there is something new to sign.
    package var auditHeadSeconds = 60
    /// Seconds between two collections of files that nothing refers to; 0 leaves them to `slipway doctor --collect`.
    package var collectSeconds = 3600
    /// Seconds that such a file stays after somebody last sent or asked for it.
    package var collectGraceSeconds = 86_400
    /// Seconds that deleted runs and logged models can be brought back.
    package var keepDeletedRunsSeconds = 30 * 86_400
    /// Path of ONNX Runtime's shared library, where it is not found by itself.
    package var onnxruntime: String?
    package var logLevel = "info"
    /// `text` or `json`.
    package var logFormat = LogFormat.text.rawValue

    package init() {}

    /// Whether `host` is reachable from this machine only. Of names only `localhost` is: what others mean is for a name
    /// server to say, `127.example.com` included.
    package var isLoopback: Bool {
        let bare = host.hasPrefix("[") && host.hasSuffix("]") ? String(host.dropFirst().dropLast()) : host
        if bare == "localhost" { return true }
        // By bytes in network order: the C structures behind them are not everywhere visible as the same type.
        return withUnsafeTemporaryAllocation(byteCount: 16, alignment: 8) { address in
            guard let bytes = address.baseAddress else { return false }
            if inet_pton(AF_INET, bare, bytes) == 1 { return address[0] == 127 }
            guard inet_pton(AF_INET6, bare, bytes) == 1 else { return false }
            return address.dropLast().allSatisfy { $0 == 0 } && address[15] == 1
        }
    }

    /// Throws where settings contradict each other or open more than they should.
    package func validate() throws(ConfigurationError) {
        try check(port, "port", 0...65_535)
        try check(grpcPort, "grpc_port", 0...65_535)
        if port == grpcPort, port != 0 {
            throw ConfigurationError(
                field: "grpc_port",
                message: "--port and --grpc-port are both \(port): HTTP and gRPC need a port each (0 takes a free one)")
        }
        try check(authFailuresPerMinute, "auth_failures_per_minute", 0...1_000_000)
        try check(eventLoops ?? 1, "event_loops", 1...1024)
        try check(computeThreads ?? 1, "compute_threads", 1...1024)
        try check(queueLimit, "queue_limit", 1...10_000_000)
        try check(memoryBudgetBytes ?? 1 << 30, "memory_budget_bytes", 1...(1 << 50))
        try check(keepSupersededSeconds, "keep_superseded_seconds", 0...86_400)
        try check(maxManagementBodyBytes, "max_management_body_bytes", 1024...(1 << 30))
        try check(maxUploadBytes, "max_upload_bytes", 1...(1 << 50))
        try check(maxConnections, "max_connections", 1...10_000_000)
        try check(maxRequestLineBytes, "max_request_line_bytes", 256...(1 << 20))
        try check(maxHeaderBytes, "max_header_bytes", 1024...(1 << 20))
        try check(maxHeaderCount, "max_header_count", 8...10_000)
        try check(maxChunkLineBytes, "max_chunk_line_bytes", 16...(1 << 20))
        try check(maxBodyMemoryBytes ?? 1 << 30, "max_body_memory_bytes", (1 << 20)...(1 << 50))
        try check(minBodyBytesPerSecond, "min_body_bytes_per_second", 0...(1 << 30))
        try check(minAnswerBytesPerSecond, "min_answer_bytes_per_second", 0...(1 << 30))
        try check(http2MaxStreams, "http2_max_streams", 1...100_000)
        try check(http2MaxUnsentBytes, "http2_max_unsent_bytes", (1 << 16)...(1 << 40))
        try check(http2MaxResetsPerSecond, "http2_max_resets_per_second", 1...1_000_000)
        try check(http2MaxPingsPerSecond, "http2_max_pings_per_second", 1...1_000_000)
        try check(http2MaxSettingsPerSecond, "http2_max_settings_per_second", 1...1_000_000)
        try check(grpcIdleTimeoutSeconds, "grpc_idle_timeout_seconds", 1...86_400)
        try check(writeTimeoutSeconds, "write_timeout_seconds", 1...86_400)
        try check(idleTimeoutSeconds, "idle_timeout_seconds", 1...86_400)
        try check(headerTimeoutSeconds, "header_timeout_seconds", 1...86_400)
        try check(bodyTimeoutSeconds, "body_timeout_seconds", 1...86_400)
        try check(drainSeconds, "drain_seconds", 0...86_400)
        try check(checkLoadSeconds, "check_load_seconds", 1...86_400)
        try check(checkTrialSeconds, "check_trial_seconds", 1...86_400)
        try check(checkMemoryBytes ?? 1 << 30, "check_memory_bytes", (256 << 20)...(1 << 50))
        try check(auditHeadSeconds, "audit_head_seconds", 1...86_400)
        try check(webhookPauseAfterSeconds, "webhook_pause_after_seconds", 1...(30 * 86_400))
        try check(collectSeconds, "collect_seconds", 0...(30 * 86_400))
        try check(collectGraceSeconds, "collect_grace_seconds", 1...(3650 * 86_400))
        try check(keepDeletedRunsSeconds, "keep_deleted_runs_seconds", 0...(3650 * 86_400))
        guard Self.logLevels.contains(logLevel) else {
            throw ConfigurationError(
                field: "log_level", message: "log_level must be one of \(Self.logLevels), got '\(logLevel)'")
        }
        guard LogFormat(rawValue: logFormat) != nil else {
            let all = LogFormat.allCases.map(\.rawValue)
            throw ConfigurationError(
                field: "log_format", message: "log_format must be one of \(all), got '\(logFormat)'")
        }
        if (tlsCertificate == nil) != (tlsKey == nil) {
            throw ConfigurationError(
                field: tlsCertificate == nil ? "tls_cert" : "tls_key",
                message: "TLS needs both --tls-cert and --tls-key; only one was given")
        }
        try validateProvider()
        try validateWebhooks()
        try validateGit()
        if newOwnerKey, auth == false {
            throw ConfigurationError(
                field: "auth",
                message: "--new-owner-key makes a key, and --no-auth has nobody asked for one: take one of them away")
        }
        if !isLoopback, !insecure, auth == true {
            guard tlsCertificate == nil else { return }
            throw ConfigurationError(
                field: "host",
                message: """
                    refusing to listen on \(host) without TLS: keys would travel where others can read them. Add \
                    --tls-cert and --tls-key, or add --insecure if something in front of this server ends TLS
                    """)
        }
        if !isLoopback, !insecure {
            throw ConfigurationError(
                field: "host",
                message: """
                    refusing to listen on \(host): whoever reaches this address could push and deploy models, because \
                    this server does not ask callers who they are. Add --auth to have them asked, or add --insecure if \
                    the network itself keeps strangers out\
                    \(tlsCertificate == nil ? " (add --tls-cert and --tls-key for encryption)" : "")
                    """)
        }
    }

    static let logLevels = ["trace", "debug", "info", "notice", "warning", "error", "critical"]

    private func check(_ value: Int, _ field: String, _ range: ClosedRange<Int>) throws(ConfigurationError) {
        guard range.contains(value) else {
            throw ConfigurationError(
                field: field,
                message: "\(field) must be from \(range.lowerBound) to \(range.upperBound), got \(value)")
        }
    }
}

/// A setting that cannot be used; exit code 78.
package struct ConfigurationError: Error, Sendable, Hashable, CustomStringConvertible {
    package let field: String
    package let message: String

    package init(field: String, message: String) {
        self.field = field
        self.message = message
    }

    package var description: String { message }
}
