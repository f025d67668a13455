import Foundation
import Yams

/// Where a setting comes from besides flags: the file given by `--config`, then `SLIPWAY_*` variables, which win.
///
/// Names are the same everywhere: `data_dir` in the file, `SLIPWAY_DATA_DIR` in the environment, `--data-dir` as a flag.
extension ServerConfiguration {
    private enum Setting: Sendable {
        case text(any WritableKeyPath<ServerConfiguration, String> & Sendable)
        case optionalText(any WritableKeyPath<ServerConfiguration, String?> & Sendable)
        case number(any WritableKeyPath<ServerConfiguration, Int> & Sendable)
        case optionalNumber(any WritableKeyPath<ServerConfiguration, Int?> & Sendable)
        case optionalFlag(any WritableKeyPath<ServerConfiguration, Bool?> & Sendable)
        case flag(any WritableKeyPath<ServerConfiguration, Bool> & Sendable)
    }

    private static let settings: [String: Setting] = [
        "data_dir": .text(\.dataDir), "host": .text(\.host), "port": .number(\.port), "grpc_port": .number(\.grpcPort),
        "tls_cert": .optionalText(\.tlsCertificate), "tls_key": .optionalText(\.tlsKey),
        "auth": .optionalFlag(\.auth), "new_owner_key": .flag(\.newOwnerKey),
        "auth_failures_per_minute": .number(\.authFailuresPerMinute),
        "oidc_issuer": .optionalText(\.oidcIssuer), "oidc_audience": .optionalText(\.oidcAudience),
        "oidc_principal_claim": .text(\.oidcPrincipalClaim), "oidc_groups_claim": .text(\.oidcGroupsClaim),
        "oidc_ca_cert": .optionalText(\.oidcCACertificate),
        "insecure": .flag(\.insecure), "allow_commands": .flag(\.allowCommands), "supervisor": .flag(\.supervisor),
        "git_allow": .optionalText(\.gitAllow),
        "event_loops": .optionalNumber(\.eventLoops), "compute_threads": .optionalNumber(\.computeThreads),
        "memory_budget_bytes": .optionalNumber(\.memoryBudgetBytes),
        "keep_superseded_seconds": .number(\.keepSupersededSeconds),
        "queue_limit": .number(\.queueLimit), "max_management_body_bytes": .number(\.maxManagementBodyBytes),
        "max_upload_bytes": .number(\.maxUploadBytes), "max_connections": .number(\.maxConnections),
        "max_request_line_bytes": .number(\.maxRequestLineBytes), "max_header_bytes": .number(\.maxHeaderBytes),
        "max_header_count": .number(\.maxHeaderCount), "max_chunk_line_bytes": .number(\.maxChunkLineBytes),
        "max_body_memory_bytes": .optionalNumber(\.maxBodyMemoryBytes),
        "min_body_bytes_per_second": .number(\.minBodyBytesPerSecond),
        "min_answer_bytes_per_second": .number(\.minAnswerBytesPerSecond),
        "http2_max_streams": .number(\.http2MaxStreams), "http2_max_unsent_bytes": .number(\.http2MaxUnsentBytes),
        "http2_max_resets_per_second": .number(\.http2MaxResetsPerSecond),
        "http2_max_pings_per_second": .number(\.http2MaxPingsPerSecond),
        "http2_max_settings_per_second": .number(\.http2MaxSettingsPerSecond),
        "grpc_idle_timeout_seconds": .number(\.grpcIdleTimeoutSeconds),
        "write_timeout_seconds": .number(\.writeTimeoutSeconds),
        "idle_timeout_seconds": .number(\.idleTimeoutSeconds),
        "header_timeout_seconds": .number(\.headerTimeoutSeconds),
        "body_timeout_seconds": .number(\.bodyTimeoutSeconds), "drain_seconds": .number(\.drainSeconds),
        "check_load_seconds": .number(\.checkLoadSeconds), "check_trial_seconds": .number(\.checkTrialSeconds),
        "check_memory_bytes": .optionalNumber(\.checkMemoryBytes),
        "audit_heads_path": .optionalText(\.auditHeadsPath), "audit_head_seconds": .number(\.auditHeadSeconds),
        "collect_seconds": .number(\.collectSeconds), "collect_grace_seconds": .number(\.collectGraceSeconds),
        "keep_deleted_runs_seconds": .number(\.keepDeletedRunsSeconds),
        "webhook_allow": .optionalText(\.webhookAllow), "webhook_secrets": .optionalText(\.webhookSecrets),
        "webhook_ca_cert": .optionalText(\.webhookCACertificate),
        "webhook_pause_after_seconds": .number(\.webhookPauseAfterSeconds),
        "alert_webhook": .optionalText(\.alertWebhook),
        "alert_webhook_secret": .optionalText(\.alertWebhookSecret),
        "onnxruntime": .optionalText(\.onnxruntime), "log_level": .text(\.logLevel),
        "log_format": .text(\.logFormat),
    ]

    /// The names of all settings, for documentation and its test.
    package static var settingNames: [String] { settings.keys.sorted() }

    /// Takes over what the YAML file at `path` says. Unknown keys are refused: a misspelt limit is no limit.
    package mutating func read(file path: String) throws(ConfigurationError) {
        let text: String
        do {
            text = try String(contentsOfFile: path, encoding: .utf8)
        } catch {
            let reason = access(path, R_OK) == 0 ? "it is not UTF-8 text" : String(cString: strerror(errno))
            throw ConfigurationError(field: "config", message: "cannot read \(path): \(reason)")
        }
        let node: Node?
        do {
            node = try Yams.compose(yaml: text)
        } catch {
            throw ConfigurationError(field: "config", message: "\(path) is not YAML: \(error)")
        }
        guard let node else { return }
        guard case .mapping(let mapping) = node else {
            throw ConfigurationError(field: "config", message: "\(path) must hold `name: value` lines")
        }
        for (keyNode, valueNode) in mapping {
            let line = keyNode.mark.map { ":\($0.line)" } ?? ""
            if keyNode.string == Self.groupsSetting {
                try readGroups(valueNode, "\(path)\(line)")
                continue
            }
            guard let key = keyNode.string, let value = valueNode.scalar?.string else {
                throw ConfigurationError(field: "config", message: "\(path)\(line): expected `name: value`")
            }
            try set(key, to: value, from: "\(path)\(line)")
        }
    }

    /// Takes over what `SLIPWAY_*` variables say.
    package mutating func read(environment: [String: String]) throws(ConfigurationError) {
        for key in Self.settingNames {
            let variable = "SLIPWAY_" + key.uppercased()
            if let value = environment[variable], !value.isEmpty { try set(key, to: value, from: variable) }
        }
    }

    private mutating func set(_ key: String, to value: String, from origin: String) throws(ConfigurationError) {
        guard let setting = Self.settings[key] else {
            throw ConfigurationError(
                field: key,
                message:
                    "\(origin): no setting is called '\(key)'; there are \(Self.settingNames.joined(separator: ", "))")
        }
        switch setting {
        case .text(let path): self[keyPath: path] = value
        case .optionalText(let path): self[keyPath: path] = value
        case .number(let path): self[keyPath: path] = try Self.number(value, key, origin)
        case .optionalNumber(let path): self[keyPath: path] = try Self.number(value, key, origin)
        case .flag(let path): self[keyPath: path] = try Self.flag(value, key, origin)
        case .optionalFlag(let path): self[keyPath: path] = try Self.flag(value, key, origin)
        }
    }

    private static func flag(_ text: String, _ key: String, _ origin: String) throws(ConfigurationError) -> Bool {
        switch text.lowercased() {
        case "true", "yes", "1", "on": return true
        case "false", "no", "0", "off": return false
        default:
            throw ConfigurationError(field: key, message: "\(origin): \(key) must be true or false, got '\(text)'")
        }
    }

    private static func number(_ text: String, _ key: String, _ origin: String) throws(ConfigurationError) -> Int {
        guard let number = Int(text) else {
            throw ConfigurationError(field: key, message: "\(origin): \(key) must be a whole number, got '\(text)'")
        }
        return number
    }
}
