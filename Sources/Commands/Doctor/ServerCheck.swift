import ManagementAPI
import SlipwayClient

/// Whether the server answers, belongs to this release, and serves what it should.
enum ServerCheck {
    static func findings(_ client: SlipwayClient) async -> (server: ServerInfo?, findings: [Finding]) {
        do {
            let server = try await client.serverInfo()
            var findings = [reached(server, client.server), release(server)]
            findings.append(runtimes(server))
            findings += await deployments(client)
            return (server, findings)
        } catch {
            let failure = Failure(error)
            let advice = failure.hint ?? "see the server's own output"
            // Not to have started a server yet is no illness.
            if case .unreachable = error { return (nil, [.warning("server", failure.message, advice)]) }
            return (nil, [.problem("server", failure.message, advice)])
        }
    }

    /// Whether the address is of this machine, so that the server's folder and runtime are here too.
    static func isLocal(_ address: String) -> Bool {
        ["://127.", "://localhost", "://[::1]"].contains { address.contains($0) }
    }

    static func verify(_ client: SlipwayClient) async -> Finding {
        do {
            return finding(try await client.verify())
        } catch {
            let failure = Failure(error)
            return .problem("stored files", failure.message, failure.hint ?? "see the server's own output")
        }
    }

    static func collect(_ client: SlipwayClient) async -> Finding {
        let subject = "collection"
        do {
            let report = try await client.collect()
            return .ok(
                subject,
                report.files == 0
                    ? "nothing to remove: every stored file is referred to, or still within its time of grace"
                    : "\(report.files) files of \(NumberText.bytes(report.bytes)) removed that nothing referred to")
        } catch {
            let failure = Failure(error)
            return .problem(subject, failure.message, failure.hint ?? "see the server's own output")
        }
    }

    static func finding(_ report: VerifyReport) -> Finding {
        let subject = "stored files"
        let counts =
            "\(report.blobs) files of \(NumberText.bytes(report.bytes)) hashed again, "
            + "\(report.auditEvents) audit events followed"
        guard !report.problems.isEmpty else { return .ok(subject, "intact: \(counts)") }
        let list = report.problems.map { "\($0.subject): \($0.message)" }.joined(separator: "; ")
        return .problem(
            subject, "\(counts); damaged: \(list)",
            "push the files concerned again: a damaged file is replaced by good bytes; look at the disk's health")
    }

    private static func reached(_ server: ServerInfo, _ address: String) -> Finding {
        .ok("server", "answers at \(address), up \(NumberText.duration(seconds: server.uptimeSeconds))")
    }

    private static func release(_ server: ServerInfo) -> Finding {
        server.version == Release.version
            ? .ok("release", "the server is \(server.version), as this program")
            : .warning(
                "release", "the server is \(server.version), this program \(Release.version)",
                "use the same release on both sides")
    }

    private static func runtimes(_ server: ServerInfo) -> Finding {
        // It opens a runtime with the first model, so none is no fault.
        .ok("runtimes", StatusText.runtimes(server.runtimes))
    }

    private static func deployments(_ client: SlipwayClient) async -> [Finding] {
        do {
            let all = try await client.status().deployments
            let failed = all.filter { $0.state == .failed }
            let answering = all.count { $0.state == .ready }
            let summary = Finding.ok("endpoints", "\(answering) of \(all.count) answer")
            return [summary]
                + failed.map {
                    .problem(
                        "endpoint \($0.endpoint)",
                        "\($0.model):\($0.version) cannot be loaded: \($0.message.prefix { $0 != "\n" })",
                        "deploy a version that loads: slipway deploy \($0.model):VERSION --as \($0.endpoint)"
                            + ($0.space == "default" ? "" : " --space \($0.space)"))
                }
        } catch {
            let failure = Failure(error)
            return [.problem("endpoints", failure.message, failure.hint ?? "see the server's own output")]
        }
    }
}
